extension Spec {
    /// A configuration to start from, as the `spec` verb prints it: a shell in `rootfs`, with the namespaces, mounts and
    /// few capabilities that the other runtimes give.
    ///
    /// - Parameter rootless: The caller's ids, for a container made without privileges: root inside is the caller
    ///   outside; nil for a container made by root.
    /// - Returns: A configuration that passes ``validate()``.
    public static func example(rootless: (uid: UInt32, gid: UInt32)? = nil) -> Spec {
        let capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
        return Spec(
            process: Process(
                terminal: true, args: ["sh"],
                env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
                capabilities: LinuxCapabilities(
                    bounding: capabilities, effective: capabilities, permitted: capabilities, ambient: capabilities),
                rlimits: [Rlimit(.nofile, hard: 1024, soft: 1024)], noNewPrivileges: true),
            root: Root(path: "rootfs", readonly: true), hostname: "agentrt",
            mounts: exampleMounts(rootless: rootless != nil),
            linux: exampleLinux(rootless: rootless))
    }

    private static func exampleMounts(rootless: Bool) -> [Mount] {
        let restricted = ["nosuid", "noexec", "nodev"]
        let terminals = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]
        return [
            Mount(destination: "/proc", type: "proc", source: "proc"),
            Mount(
                destination: "/dev", type: "tmpfs", source: "tmpfs",
                options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            // Group 5 (tty) has no id outside for a caller who maps one id only.
            Mount(
                destination: "/dev/pts", type: "devpts", source: "devpts",
                options: rootless ? terminals : terminals + ["gid=5"]),
            Mount(
                destination: "/dev/shm", type: "tmpfs", source: "shm",
                options: restricted + ["mode=1777", "size=65536k"]),
            Mount(destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: restricted),
            // Without a network namespace of its own a user cannot mount sysfs, only bind the host's.
            rootless
                ? Mount(destination: "/sys", type: "none", source: "/sys", options: ["rbind"] + restricted + ["ro"])
                : Mount(destination: "/sys", type: "sysfs", source: "sysfs", options: restricted + ["ro"]),
            Mount(
                destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
                options: restricted + ["relatime", "ro"]),
        ]
    }

    private static func exampleLinux(rootless: (uid: UInt32, gid: UInt32)?) -> Linux {
        var linux = Linux(
            namespaces: [.init(.pid), .init(.ipc), .init(.uts), .init(.mount), .init(.cgroup)],
            maskedPaths: [
                "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
            ],
            readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"])
        if let rootless {
            linux.uidMappings = [IDMapping(containerID: 0, hostID: rootless.uid, size: 1)]
            linux.gidMappings = [IDMapping(containerID: 0, hostID: rootless.gid, size: 1)]
            linux.namespaces.append(.init(.user))
        } else {
            linux.resources = LinuxResources(devices: [LinuxDeviceRule(allow: false, access: "rwm")])
            linux.namespaces.insert(.init(.network), at: 1)
        }
        return linux
    }
}
