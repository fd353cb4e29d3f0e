internal import Glibc

/// The absolute path of a file, all links resolved (realpath(3)).
///
/// - Parameter path: An existing file.
/// - Returns: The path.
/// - Throws: ``SystemCallError`` naming the path.
public func canonicalPath(_ path: String) throws(SystemCallError) -> String {
    guard let resolved = realpath(path, nil) else {
        throw SystemCallError(call: "realpath", object: quoted(path), errno: Errno(rawValue: errno))
    }
    defer { free(resolved) }
    return String(cString: resolved)
}
