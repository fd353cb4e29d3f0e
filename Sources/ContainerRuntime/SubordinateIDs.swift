internal import LinuxSystem
internal import OCISpec

/// The ids beside the own one that a user may map into user namespaces, of users or of groups (subuid(5), subgid(5)).
public struct SubordinateIDs {
    /// Ids that follow each other.
    public typealias Range = (first: UInt64, count: UInt64)

    /// The file that grants them: `/etc/subuid` or `/etc/subgid`.
    public let path: String
    /// The user's name; the number where there is none.
    public let user: String
    /// What the user has, in the file's order.
    public private(set) var ranges: [Range] = []

    /// Reads what a user has.
    ///
    /// - Parameters:
    ///   - path: `/etc/subuid` or `/etc/subgid`; one that is missing or cannot be read grants nothing.
    ///   - uid: The user, in both files.
    public init(in path: String, of uid: UInt32) {
        self.path = path
        let names = Self.lines(of: "/etc/passwd").filter { $0.count > 2 && $0[2] == "\(uid)" }.map { $0[0] }
        user = names.first ?? "\(uid)"
        for fields in Self.lines(of: path) where fields.count == 3 && (names + ["\(uid)"]).contains(fields[0]) {
            if let first = UInt32(fields[1]), let count = UInt32(fields[2]) {
                ranges.append((UInt64(first), UInt64(count)))
            }
        }
    }

    /// Whether all ids of a mapping are among them.
    func cover(_ mapping: IDMapping) -> Bool {
        let end = UInt64(mapping.hostID) + UInt64(mapping.size)
        var next = UInt64(mapping.hostID)
        while next < end {
            guard let range = ranges.first(where: { $0.first <= next && next < $0.first + $0.count }) else {
                return false
            }
            next = range.first + range.count
        }
        return true
    }

    private static func lines(of path: String) -> [[String]] {
        // A file that is missing has no lines.
        guard let bytes = try? readFile(path, limit: 1 << 20) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
    }
}
