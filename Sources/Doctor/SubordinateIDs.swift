internal import LinuxSystem

/// Whether a user has ids beside the own one (subuid(5)), and the program that maps them (newuidmap(1)).
enum SubordinateIDs {
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
        guard let range = range(in: "/etc/subuid", uid), range.count > 0 else {
            return .no(name, "/etc/subuid has none for this user; profiles need none", advice)
        }
        return .yes(name, "\(range.count) from \(range.first)")
    }

    /// The first range of a user, by name or number.
    private static func range(in path: String, _ uid: UInt32) -> (first: UInt32, count: UInt32)? {
        var names = ["\(uid)"]
        for fields in lines(of: "/etc/passwd") where fields.count > 2 && fields[2] == "\(uid)" {
            names.append(fields[0])
        }
        for fields in lines(of: path) where fields.count == 3 && names.contains(fields[0]) {
            if let first = UInt32(fields[1]), let count = UInt32(fields[2]) { return (first, count) }
        }
        return nil
    }

    private static func lines(of path: String) -> [[String]] {
        // A file that is missing has no lines.
        guard let bytes = try? readFile(path, limit: 1 << 20) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
    }
}
