/// Paths as the kernel sees them: bytes between slashes.
///
/// Swift compares strings by canonical equivalence and splits them at characters, so that `é` in two encodings is one
/// string and `/` with a combining accent is no slash. Nothing here may be decided that way: all works on UTF-8 bytes.
extension String {
    /// The non-empty components of a path, `.` left out.
    var pathComponents: [String] {
        utf8.split(separator: UInt8(ascii: "/")).compactMap { component in
            component.elementsEqual(".".utf8) ? nil : String(Substring(component))
        }
    }

    /// The path without its last component; `/` for the root and for names directly below it.
    var parentPath: String {
        guard let slash = utf8.lastIndex(of: UInt8(ascii: "/")), slash != utf8.startIndex else { return "/" }
        return String(Substring(utf8[..<slash]))
    }

    /// The last component of a path.
    var lastComponent: String {
        guard let slash = utf8.lastIndex(of: UInt8(ascii: "/")) else { return self }
        return String(Substring(utf8[utf8.index(after: slash)...]))
    }

    /// The path of a name in this directory.
    func appendingComponent(_ name: String) -> String { isRootPath ? "/" + name : self + "/" + name }

    /// Whether this is the root directory.
    var isRootPath: Bool { utf8.elementsEqual("/".utf8) }

    /// Whether this path lies below `directory`, or is it.
    func isPath(in directory: String) -> Bool { isSamePath(as: directory) || isPath(below: directory) }

    /// Whether this path lies below `directory`.
    func isPath(below directory: String) -> Bool {
        if directory.isRootPath { return !isRootPath }
        let own = utf8
        let other = directory.utf8
        guard own.count > other.count, own.starts(with: other) else { return false }
        return own[own.index(own.startIndex, offsetBy: other.count)] == UInt8(ascii: "/")
    }

    /// Whether two paths are the same bytes.
    func isSamePath(as other: String) -> Bool {
        var (own, other) = (self, other)
        return own.withUTF8 { own in
            other.withUTF8 { other in
                // From the end, where paths differ first.
                own.count == other.count && own.indices.reversed().allSatisfy { own[$0] == other[$0] }
            }
        }
    }

    /// The directories between `directory` and this path, neither included, from the top.
    func directories(below directory: String) -> [String] {
        var result: [String] = []
        var current = parentPath
        while current.isPath(below: directory) {
            result.append(current)
            current = current.parentPath
        }
        return result.reversed()
    }
}

/// A path, or a name, as the key of a table and in an order: bytes decide, and a directory comes right before what is
/// below it.
struct PathKey: Hashable, Comparable, Sendable {
    /// The path.
    let path: String

    /// A key.
    init(_ path: String) { self.path = path }

    static func == (left: PathKey, right: PathKey) -> Bool { left.path.isSamePath(as: right.path) }

    func hash(into hasher: inout Hasher) {
        var path = path
        path.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    static func < (left: PathKey, right: PathKey) -> Bool {
        var (left, right) = (left.path, right.path)
        return left.withUTF8 { left in
            right.withUTF8 { right in
                for index in 0..<min(left.count, right.count) where left[index] != right[index] {
                    // The slash sorts before every other byte, so "/a/b" stands between "/a" and "/a.b".
                    let slash = UInt8(ascii: "/")
                    if left[index] == slash || right[index] == slash { return left[index] == slash }
                    return left[index] < right[index]
                }
                return left.count < right.count
            }
        }
    }
}
