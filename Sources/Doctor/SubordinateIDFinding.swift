internal import ContainerRuntime
internal import LinuxSystem

extension SubordinateIDs {
    /// Whether this user has ids beside the own one, and the programs that map them (newuidmap(1), newgidmap(1)).
    static func finding() -> Finding {
        let name = "sub-ids"
        let uid = effectiveUserID()
        if uid == 0 { return .notTried(name, "root maps what it likes") }
        let advice =
            "as root: apt-get install uidmap; usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER"
        for program in ["/usr/bin/newuidmap", "/usr/bin/newgidmap"] {
            guard (try? fileStatus(program)) ?? nil != nil else {
                return .no(name, "there is no \(program); profiles need none", advice)
            }
        }
        var texts: [String] = []
        for path in ["/etc/subuid", "/etc/subgid"] {
            guard let range = SubordinateIDs(in: path, of: uid).ranges.first else {
                return .no(name, "\(path) has none for this user; profiles need none", advice)
            }
            texts.append("\(range.count) from \(range.first) (\(path))")
        }
        return .yes(name, texts.joined(separator: ", "))
    }
}
