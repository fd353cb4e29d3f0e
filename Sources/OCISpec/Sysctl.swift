internal import JSON

extension Linux {
    /// The file of a kernel parameter below `/proc/sys`: `net.ipv4.ip_forward` is `net/ipv4/ip_forward`.
    ///
    /// As for sysctl(8), the first dot or slash of the name says which of the two separates its parts; the other is then
    /// part of a part: `net.ipv4.conf.eth0/100.forwarding` and `net/ipv4/conf/eth0.100/forwarding` are the same.
    ///
    /// - Parameter name: The parameter's name.
    /// - Returns: The path, or nil where the name is not one that stays below `/proc/sys`.
    public static func sysctlPath(_ name: String) -> String? {
        let dot = UInt8(ascii: ".")
        let slash = UInt8(ascii: "/")
        guard let separator = name.utf8.first(where: { $0 == dot || $0 == slash }) else { return nil }
        let swapped = name.utf8.map { byte in
            if separator == slash { return byte }
            return byte == dot ? slash : byte == slash ? dot : byte
        }
        for part in swapped.split(separator: slash, omittingEmptySubsequences: false) {
            if part.isEmpty || part.elementsEqual([dot]) || part.elementsEqual([dot, dot]) { return nil }
            if part.contains(where: { $0 <= UInt8(ascii: " ") || $0 == 0x7F || $0 == UInt8(ascii: "=") }) { return nil }
        }
        return String(decoding: swapped, as: UTF8.self)
    }

    /// Checks the kernel parameters: every one of them must belong to a namespace of the container, because all others
    /// would be set for the whole machine.
    func validateSysctl() throws(JSONDecodingError) {
        if sysctl.isEmpty { return }
        for (name, value) in sysctl.sorted(by: { $0.key < $1.key }) {
            let key = "sysctl.\(name)"
            guard let path = Linux.sysctlPath(name) else {
                throw refusal("sysctl", "\"\(name)\" is not the name of a kernel parameter")
            }
            if value.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "\n") }) {
                throw refusal(key, "contains a NUL byte or a line break")
            }
            if path == "kernel/hostname" { throw refusal(key, "set \"hostname\" instead") }
            guard let namespace = Linux.namespace(ofSysctl: path) else {
                throw refusal(key, "belongs to the whole machine, not to a namespace")
            }
            if !hasNamespace(namespace) { throw refusal(key, "needs \(namespace.withArticle) namespace") }
        }
    }

    /// The kind of namespace a kernel parameter belongs to, or nil where there is one for the whole machine.
    ///
    /// - Parameter path: The file below `/proc/sys`.
    /// - Returns: The kind.
    public static func namespace(ofSysctl path: String) -> LinuxNamespace.Kind? {
        switch path {
        case "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem", "kernel/shmall", "kernel/shmmax",
            "kernel/shmmni", "kernel/shm_rmid_forced", "kernel/auto_msgmni", "kernel/msg_next_id",
            "kernel/sem_next_id", "kernel/shm_next_id":
            return .ipc
        case "kernel/domainname": return .uts
        case "kernel/ns_last_pid", "vm/memfd_noexec": return .pid
        default: break
        }
        let prefixes: [(String, LinuxNamespace.Kind)] = [("net/", .network), ("fs/mqueue/", .ipc), ("user/", .user)]
        return prefixes.first { path.utf8.starts(with: $0.0.utf8) }?.1
    }
}

extension LinuxNamespace.Kind {
    /// The word as a sentence has it: `a network`, `an ipc`.
    public var withArticle: String { (self == .ipc ? "an " : "a ") + rawValue }
}
