import JSON
import OCISpec
import Testing

@Suite("Kernel parameters")
struct SysctlTests {
    @Test(
        "names become paths below /proc/sys",
        arguments: [
            ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
            ("net/ipv4/ip_forward", "net/ipv4/ip_forward"),
            ("net.ipv4.conf.eth0/100.forwarding", "net/ipv4/conf/eth0.100/forwarding"),
            ("net/ipv4/conf/eth0.100/forwarding", "net/ipv4/conf/eth0.100/forwarding"),
        ])
    func paths(name: String, path: String) {
        #expect(Linux.sysctlPath(name) == path)
    }

    @Test(
        "names that leave /proc/sys, or are none, have no path",
        arguments: [
            "", "net", ".", "/", "..", "net.", ".net", "net..ipv4", "/net/ipv4", "net/../kernel/core_pattern",
            "net.//.kernel.core_pattern", "net/./ipv4", "net.ipv4.a b", "net.ipv4.a\n", "net.ipv4.a\0", "net.ipv4.a=1",
        ])
    func refusedNames(name: String) {
        #expect(Linux.sysctlPath(name) == nil)
    }

    @Test(
        "a parameter needs the namespace it belongs to",
        arguments: [
            ("net.ipv4.ip_forward", LinuxNamespace.Kind.network), ("net/core/somaxconn", .network),
            ("kernel.shmmax", .ipc), ("kernel.sem", .ipc), ("fs.mqueue.msg_max", .ipc), ("kernel.domainname", .uts),
            ("user.max_user_namespaces", .user), ("vm.memfd_noexec", .pid), ("kernel/ns_last_pid", .pid),
        ])
    func neededNamespaces(name: String, namespace: LinuxNamespace.Kind) {
        let with = Linux(sysctl: [name: "1"], namespaces: [LinuxNamespace(namespace)])
        #expect(Self.error(with) == nil)
        let others = LinuxNamespace.Kind.allCases.filter { $0 != namespace }.map { LinuxNamespace($0) }
        #expect(
            Self.error(Linux(sysctl: [name: "1"], namespaces: others))
                == "linux.sysctl.\(name): needs \(namespace.withArticle) namespace")
    }

    @Test(
        "a parameter of the whole machine is refused",
        arguments: [
            "kernel.core_pattern", "kernel.shmmaxx", "vm.swappiness", "fs.file-max", "netx.y", "kernel.pid_max",
            "fs.mqueue", "debug.exception-trace",
        ])
    func machineWide(name: String) {
        let all = LinuxNamespace.Kind.allCases.map { LinuxNamespace($0) }
        let error = Self.error(Linux(sysctl: [name: "1"], namespaces: all))
        #expect(error == "linux.sysctl.\(name): belongs to the whole machine, not to a namespace")
    }

    @Test("the host name has a field of its own, and values are one line")
    func valuesAndHostname() {
        let all = LinuxNamespace.Kind.allCases.map { LinuxNamespace($0) }
        #expect(
            Self.error(Linux(sysctl: ["kernel.hostname": "a"], namespaces: all))
                == "linux.sysctl.kernel.hostname: set \"hostname\" instead")
        #expect(
            Self.error(Linux(sysctl: ["net.a.b": "1\n2"], namespaces: all))
                == "linux.sysctl.net.a.b: contains a NUL byte or a line break")
    }

    private static func error(_ linux: Linux) -> String? {
        let spec = Spec(root: Root(path: "rootfs"), linux: linux)
        return JSONValue.errorText { () throws(JSONDecodingError) in try spec.validate() }
    }
}
