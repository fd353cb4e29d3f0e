import Glibc

/// A config.json under construction. It begins as what `runc spec` writes, without a terminal.
@dynamicMemberLookup
struct Config {
    var root: Node

    init() { root = Config.standard }

    /// A top-level member: `config.process`, `config.linux`, …
    subscript(dynamicMember key: String) -> Node {
        get { root[key] }
        set { root[key] = newValue }
    }

    /// Runs the payload with these words.
    mutating func payload(_ words: String...) { root["process"]["args"] = Node(["/payload"] + words) }

    /// Runs a busybox shell script.
    mutating func shell(_ script: String) { root["process"]["args"] = Node(["/bin/sh", "-c", script]) }

    /// Adds a mount at the end.
    mutating func mount(_ destination: String, type: String? = nil, source: String? = nil, _ options: [String] = []) {
        var mount: Node = ["destination": "\(destination)", "options": Node(options)]
        if let type { mount["type"] = .text(type) }
        if let source { mount["source"] = .text(source) }
        root["mounts"].append(mount)
    }

    /// Takes the mount of a destination out.
    mutating func unmount(_ destination: String) {
        root["mounts"].removeAll { $0["destination"].text == destination }
    }

    /// Asks for a new namespace, or to join the one at a path, in place of what is there for the kind.
    mutating func namespace(_ kind: String, path: String? = nil) {
        share(kind)
        var namespace: Node = ["type": "\(kind)"]
        if let path { namespace["path"] = .text(path) }
        root["linux"]["namespaces"].append(namespace)
    }

    /// Leaves the container in the runtime's namespace of a kind.
    mutating func share(_ kind: String) { root["linux"]["namespaces"].removeAll { $0["type"].text == kind } }

    /// Sets the same capabilities in the five sets, or in those that are named.
    mutating func capabilities(
        _ names: [String], in sets: [String] = ["bounding", "effective", "inheritable", "permitted", "ambient"]
    ) {
        for set in sets { root["process"]["capabilities"][set] = Node(names) }
    }

    /// Adds a mapping of the whole container onto unprivileged ids of the host, in a new user namespace.
    mutating func userNamespace(hostID: Int = 200_000, size: Int = 65536) {
        namespace("user")
        let mapping: Node = ["containerID": 0, "hostID": .number(hostID), "size": .number(size)]
        root["linux"]["uidMappings"] = [mapping]
        root["linux"]["gidMappings"] = [mapping]
    }

    /// A new user namespace as a user without rights makes it: with the own id and group alone, so that no devpts can be
    /// given to the group tty.
    mutating func userNamespace(ofUser user: UInt32, group: UInt32) {
        userNamespace(hostID: Int(user), size: 1)
        root["linux"]["gidMappings"][0]["hostID"] = .number(Int(group))
        unmount("/dev/pts")
    }

    private static let standard: Node = [
        "ociVersion": "1.0.2",
        "process": [
            "terminal": false,
            "user": ["uid": 0, "gid": 0],
            "args": ["/payload", "exit", "0"],
            "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
            "cwd": "/",
            "capabilities": [
                "bounding": ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
                "effective": ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
                "permitted": ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
            ],
            "rlimits": [["type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024]],
            "noNewPrivileges": true,
        ],
        "root": ["path": "rootfs", "readonly": false],
        "hostname": "container",
        "mounts": [
            ["destination": "/proc", "type": "proc", "source": "proc"],
            [
                "destination": "/dev", "type": "tmpfs", "source": "tmpfs",
                "options": ["nosuid", "strictatime", "mode=755", "size=65536k"],
            ],
            [
                "destination": "/dev/pts", "type": "devpts", "source": "devpts",
                "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
            ],
            [
                "destination": "/dev/shm", "type": "tmpfs", "source": "shm",
                "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
            ],
            [
                "destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue",
                "options": ["nosuid", "noexec", "nodev"],
            ],
            [
                "destination": "/sys", "type": "sysfs", "source": "sysfs",
                "options": ["nosuid", "noexec", "nodev", "ro"],
            ],
        ],
        "linux": [
            "resources": ["devices": [["allow": false, "access": "rwm"]]],
            "namespaces": [
                ["type": "pid"], ["type": "network"], ["type": "ipc"], ["type": "uts"], ["type": "mount"],
            ],
            "maskedPaths": [
                "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
            ],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        ],
    ]
}
