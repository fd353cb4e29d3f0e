internal import LinuxSystem

/// Where a path leads on this host.
struct ResolvedPath: Equatable {
    /// The path without symbolic links; what is missing of it stands at the end as it was written.
    var path: String
    /// The links that lead there, in the order they are met.
    var links: [Policy.Link] = []
    /// The names that the file has on the way, each in its real directory: the listed one first, the real one last.
    var names: [String] = []
    /// What is there, or nil.
    var kind: FileStatus.Kind?

    /// The most links that the kernel follows (path_resolution(7)).
    private static let linkLimit = 40

    /// Follows a path.
    ///
    /// - Parameter listed: An absolute path.
    /// - Throws: ``SystemCallError`` where the way cannot be walked: a loop, or a directory that may not be searched.
    init(_ listed: String) throws(SystemCallError) {
        path = ""
        kind = .directory
        // The next component is the last of these.
        var pending = Self.components(listed).reversed().map { $0 }
        while let name = pending.popLast() {
            if name == ".." {
                path = parentPath(of: path)
                if path == "/" { path = "" }
                continue
            }
            let next = path + "/" + name
            if pending.isEmpty { names.append(next) }
            guard let status = try fileStatus(next, followsLink: false) else {
                path = ([next] + pending.reversed()).joined(separator: "/")
                kind = nil
                return
            }
            kind = status.kind
            guard status.kind == .symbolicLink else {
                path = next
                continue
            }
            guard links.count < Self.linkLimit else {
                throw SystemCallError(call: "open", object: quoted(listed), errno: .tooManyLinks)
            }
            let target = try linkTarget(next)
            links.append(Policy.Link(path: next, target: target))
            if target.utf8.first == UInt8(ascii: "/") { path = "" }
            pending += Self.components(target).reversed()
            kind = .directory
        }
        if path.isEmpty { path = "/" }
    }

    private static func components(_ path: String) -> [String] {
        path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }.filter { $0 != "." }
    }
}

/// The directory that a path lies in; `/` for a path of one component.
func parentPath(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash > path.startIndex else { return "/" }
    return String(path[..<slash])
}

/// The last component of a path.
func lastComponent(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(path[path.utf8.index(after: slash)...])
}

/// Whether a path is a directory or lies below it. Byte by byte: Swift's own comparison takes different spellings of
/// one accented letter for equal, which the kernel does not.
func isPath(_ path: String, atOrBelow directory: String) -> Bool {
    if directory == "/" { return true }
    let path = path.utf8
    let directory = directory.utf8
    guard path.starts(with: directory) else { return false }
    return path.count == directory.count || path.dropFirst(directory.count).first == UInt8(ascii: "/")
}

/// Values by path; the most specific path that covers another one can be asked for.
struct PathMap<Value> {
    private var values: [[UInt8]: Value] = [:]

    /// The value of this very path.
    subscript(path: String) -> Value? {
        get { values[Array(path.utf8)] }
        set { values[Array(path.utf8)] = newValue }
    }

    /// The value of the nearest directory at or above a path.
    func covering(_ path: String) -> Value? {
        var bytes = Array(path.utf8)
        while true {
            if let value = values[bytes] { return value }
            guard bytes.count > 1, let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return nil }
            bytes.removeSubrange(max(slash, 1)...)
        }
    }
}
