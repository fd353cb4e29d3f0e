internal import CLinux

/// The root file system of a container that is being made, held by descriptor.
///
/// Every path of a bundle is walked here and nowhere else: with openat2(2) and RESOLVE_IN_ROOT, so that no link in the
/// root file system, however it is swapped meanwhile, leads out of it.
public struct RootDirectory: ~Copyable {
    /// The root's own descriptor.
    public let descriptor: FileDescriptor

    /// Takes over an open directory as the root.
    ///
    /// - Parameter descriptor: The directory, open or O_PATH.
    public init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    /// Opens a path inside.
    ///
    /// - Parameters:
    ///   - path: The path as the container sees it.
    ///   - flags: How to open it.
    ///   - mode: Permissions of a file that is made.
    /// - Returns: The open file.
    /// - Throws: ``SystemCallError`` naming the path.
    public func open(
        _ path: String, _ flags: OpenFlags = .path, mode: UInt32 = 0
    ) throws(SystemCallError) -> FileDescriptor {
        try openFile(path, below: descriptor, flags, resolve: [.inRoot, .noMagicLinks], mode: mode)
    }

    /// Opens a directory inside, making it and its parents where they are missing; what a link leads to is made too.
    ///
    /// - Parameters:
    ///   - path: The path as the container sees it.
    ///   - mode: Permissions of what is made.
    /// - Returns: The open directory (O_PATH).
    /// - Throws: ``SystemCallError`` naming the path.
    public func openMakingDirectory(_ path: String, mode: UInt32 = 0o755) throws(SystemCallError) -> FileDescriptor {
        try openMakingDirectory(path, mode: mode, links: Self.linkLimit)
    }

    /// Opens a file inside to mount on, making it, empty, and its parents where they are missing; what a link leads to is
    /// made too.
    ///
    /// - Parameter path: The path as the container sees it.
    /// - Returns: The open file (O_PATH).
    /// - Throws: ``SystemCallError`` naming the path.
    public func openMakingFile(_ path: String) throws(SystemCallError) -> FileDescriptor {
        try openMakingFile(path, links: Self.linkLimit)
    }

    /// How many links to nothing are followed on one way, as many as the kernel follows (path_resolution(7)).
    private static let linkLimit = 40

    private func openMakingDirectory(
        _ path: String, mode: UInt32, links: Int
    ) throws(SystemCallError) -> FileDescriptor {
        do throws(SystemCallError) {
            return try open(path, [.path, .directory])
        } catch  where error.errno == .noSuchFile {
            guard let (parent, name) = splitLast(path) else { throw error }
            let directory = try openMakingDirectory(parent, mode: mode, links: links)
            if let place = try destination(ofLink: name, in: directory, parent, links) {
                return try openMakingDirectory(place, mode: mode, links: links - 1)
            }
            _ = try directory.makeDirectoryIfMissing(name, mode: mode)
            // Walked again from the root: what stands at the name may be a link that was there already.
            return try open(path, [.path, .directory])
        }
    }

    private func openMakingFile(_ path: String, links: Int) throws(SystemCallError) -> FileDescriptor {
        do throws(SystemCallError) {
            return try open(path, .path)
        } catch  where error.errno == .noSuchFile {
            guard let (parent, name) = splitLast(path) else { throw error }
            let directory = try openMakingDirectory(parent, mode: 0o755, links: links)
            if let place = try destination(ofLink: name, in: directory, parent, links) {
                return try openMakingFile(place, links: links - 1)
            }
            do throws(SystemCallError) {
                _ = try directory.open(name, [.create, .exclusive, .writeOnly, .nonBlocking], mode: 0o644)
            } catch  where error.errno == .fileExists {
                // Made by somebody else meanwhile: what it is now decides.
            }
            return try open(path, .path)
        }
    }

    /// Where a link leads, as a path from the root; nil where the name is no link.
    private func destination(
        ofLink name: String, in directory: borrowing FileDescriptor, _ parent: String, _ links: Int
    ) throws(SystemCallError) -> String? {
        guard try directory.status(of: name)?.kind == .symbolicLink else { return nil }
        guard links > 0 else {
            throw SystemCallError(call: "open", object: quoted(parent + "/" + name), errno: .tooManyLinks)
        }
        let content = try linkTarget(name, in: directory)
        return content.hasPrefix("/") ? content : parent + "/" + content
    }

    /// Opens the parent directory of a path, making it where it is missing, for a name to be made in it.
    ///
    /// - Parameter path: The path as the container sees it.
    /// - Returns: The open parent (O_PATH) and the last component.
    /// - Throws: ``SystemCallError`` naming the path; EINVAL where it has no last component.
    public func openParent(of path: String) throws(SystemCallError) -> (FileDescriptorBox, String) {
        guard let (parent, name) = splitLast(path) else {
            throw SystemCallError(call: "open", object: quoted(path), errno: .invalidArgument)
        }
        return (FileDescriptorBox(try openMakingDirectory(parent)), name)
    }

    /// `/a/b//c/` as `/a/b` and `c`; nil for the root and for paths that end in `.` or `..`.
    private func splitLast(_ path: String) -> (parent: String, name: String)? {
        var rest = path.utf8[...]
        while true {
            let name = Self.popLast(&rest)
            if name == "." { continue }
            if name.isEmpty || name == ".." { return nil }
            return ("/" + String(Substring(rest)), name)
        }
    }

    /// Takes the last component off a path, with the slashes around it; empty where there is none.
    private static func popLast(_ path: inout Substring.UTF8View) -> String {
        let slash = UInt8(ascii: "/")
        while path.last == slash { path.removeLast() }
        let start = path.lastIndex(of: slash).map(path.index(after:)) ?? path.startIndex
        let name = String(Substring(path[start...]))
        path = path[..<start]
        while path.last == slash { path.removeLast() }
        while path.first == slash { path.removeFirst() }
        return name
    }
}

/// A descriptor that can travel in tuples and arrays; closed with its last reference.
public final class FileDescriptorBox: Sendable {
    /// The descriptor.
    public let descriptor: FileDescriptor

    /// Takes over a descriptor.
    ///
    /// - Parameter descriptor: The descriptor.
    public init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
}
