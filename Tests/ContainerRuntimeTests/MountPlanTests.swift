import LinuxSystem
import OCISpec
import Testing

@testable import ContainerRuntime

struct MountPlanTests {
    private func plan(_ mount: Mount) throws -> MountPlan { try MountPlan(mount, index: 2, bundle: "/b") }

    @Test func sources() throws {
        func source(_ type: String?, _ source: String?, _ options: [String] = []) throws -> MountPlan.Source {
            try plan(Mount(destination: "/x", type: type, source: source, options: options)).source
        }
        #expect(try source(nil, "/s", ["bind"]) == .bind(path: "/s", isRecursive: false))
        #expect(try source(nil, "s", ["rbind"]) == .bind(path: "/b/s", isRecursive: true))
        #expect(try source("bind", "/s") == .bind(path: "/s", isRecursive: false))
        #expect(try source("rbind", "/s") == .bind(path: "/s", isRecursive: true))
        #expect(try source("tmpfs", nil) == .fileSystem(type: "tmpfs", source: "tmpfs"))
        #expect(try source("proc", "p") == .fileSystem(type: "proc", source: "p"))
        #expect(try source("cgroup", nil) == .cgroup)
        #expect(try source("cgroup2", nil) == .cgroup)
        #expect(try source(nil, nil, ["remount", "bind", "ro"]) == .remount)
    }

    @Test(
        arguments: [
            (nil, nil, ["bind"], "mounts[2].source: "), ("bind", "", [], "mounts[2].source: "),
            (nil, "/s", [], "mounts[2].type: "), ("none", "/s", [], "mounts[2].type: "),
            ("proc", nil, ["tmpcopyup"], "mounts[2].options: "),
            ("cgroup", nil, ["ro", "nope"], "mounts[2].options[1]: "),
            ("cgroup2", nil, ["nsdelegate", "size=1"], "mounts[2].options[1]: "),
            (nil, nil, ["remount", "size=1"], "mounts[2].options: "),
            (nil, "/s", ["bind", "what"], "mounts[2].options[1]: "),
            ("tmpfs", nil, ["ro", "idmap"], "mounts[2].options: "),
        ] as [(String?, String?, [String], String)])
    func refuses(_ type: String?, _ source: String?, _ options: [String], _ start: String) {
        let line = failure { _ = try plan(Mount(destination: "/x", type: type, source: source, options: options)) }
        #expect(line?.hasPrefix(start) == true, "\(line ?? "accepted")")
    }

    @Test(arguments: [([], false), (["idmap"], false), (["ridmap"], true)] as [([String], Bool)])
    func mapsOfTheMountItself(_ options: [String], _ isRecursive: Bool) throws {
        let map = IDMapping(containerID: 0, hostID: 1, size: 1)
        let mount = Mount(
            destination: "/x", type: "bind", source: "/s", options: options, uidMappings: [map], gidMappings: [map])
        let source = IDMapPlan.Source.mount(uidMappings: [map], gidMappings: [map])
        #expect(try plan(mount).idMap == IDMapPlan(source: source, isRecursive: isRecursive))
    }

    @Test func mapsOfTheContainer() throws {
        let mount = Mount(destination: "/x", type: "bind", source: "/s", options: ["idmap"])
        #expect(try plan(mount).idMap == IDMapPlan(source: .container, isRecursive: false))
        #expect(try plan(Mount(destination: "/x", type: "bind", source: "/s")).idMap == nil)
    }

    @Test func devicesOfTheBundleReplaceTheDefaults() throws {
        let devices = try DevicePlan.all([
            LinuxDevice(.character, path: "/dev/null", major: 1, minor: 3, fileMode: 0o600, uid: 7),
            LinuxDevice(.fifo, path: "/dev/pipe"), LinuxDevice(.unbuffered, path: "/dev/u", major: 9, minor: 8),
        ])
        #expect(devices.filter { $0.path == "/dev/null" }.map(\.permissions) == [0o600])
        #expect(devices.count == 3 + DevicePlan.defaults.count - 1)
        #expect(devices[0].origin == "linux.devices[0]")
        #expect(devices[0].uid == 7)
        #expect(devices[1].kind == .fifo)
        #expect(devices[1].permissions == 0o666)
        #expect(devices[2].kind == .characterDevice)
        #expect(devices.last == DevicePlan.defaults.last)
    }

    @Test func devicesNeedNumbers() {
        for device in [
            LinuxDevice(.block, path: "/dev/x", major: 1), LinuxDevice(.character, path: "/dev/x", major: -1, minor: 0),
        ] {
            let line = failure { _ = try DevicePlan.all([device]) }
            #expect(line == "linux.devices[0]: major and minor are missing or out of range")
        }
    }

    @Test func sysctlsOfOwnNamespaces() throws {
        let decided = try Sysctls.decide(
            ["net.ipv4.ip_forward": "1", "net/ipv4/conf/a.b/x": "2", "kernel.shmmax": "3", "fs.mqueue.msg_max": "4"],
            namespaces: [.network, .ipc])
        #expect(
            decided.map(\.path) == [
                "fs/mqueue/msg_max", "kernel/shmmax", "net/ipv4/ip_forward", "net/ipv4/conf/a.b/x",
            ])
        #expect(decided.map(\.value) == ["4", "3", "1", "2"])
    }

    @Test(arguments: [
        ("vm.swappiness", "whole machine"), ("kernel.core_pattern", "whole machine"),
        ("net.ipv4.ip_forward", "needs a network namespace"), ("kernel.sem", "needs an ipc namespace"),
        ("user.max_net_namespaces", "needs a user namespace"), ("vm.memfd_noexec", "needs a pid namespace"),
        ("net/../kernel/core_pattern", "not the name"), ("/net/x", "not the name"), ("net//x", "not the name"),
        ("", "not the name"), ("net/./x", "not the name"),
    ])
    func sysctlsRefused(_ name: String, _ why: String) {
        let line = failure { _ = try Sysctls.decide([name: "1"], namespaces: [.uts]) }
        #expect(line?.hasPrefix("linux.sysctl.\(name): ") == true)
        #expect(line?.contains(why) == true, "\(line ?? "accepted")")
    }
}
