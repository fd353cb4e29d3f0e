internal import LinuxSystem

/// The host's files as planning sees them: each name is looked at once, and symbolic links are walked by hand so that
/// the plan knows every one of them.
final class HostFiles {
    /// A symbolic link that lay on the way to a file.
    struct Link: Hashable {
        /// Where the link is; its directory is free of links.
        let path: String
        /// The text it holds.
        let target: String
    }

    /// What a path leads to.
    struct Resolved {
        /// The path free of links.
        let path: String
        /// The links on the way, in the order they were met.
        let links: [Link]
        /// What is there.
        let status: FileStatus
    }

    /// Where the host's root is: empty for the machine itself, a directory for the tests' made-up hosts.
    private let root: String
    private var statuses: [PathKey: FileStatus?] = [:]
    private var targets: [PathKey: String] = [:]
    private var directories: [PathKey: Resolved?] = [:]

    /// The files below a root.
    ///
    /// - Parameter root: A directory that stands for `/`; empty for the machine itself.
    init(root: String = "") { self.root = root }

    /// What a path names, a link at its end not followed; nil where nothing is there.
    func status(_ path: String) throws(PlanError) -> FileStatus? {
        let key = PathKey(path)
        if let known = statuses[key] { return known }
        do throws(SystemCallError) {
            let status = try fileStatus(root + path, followsLink: false)
            statuses[key] = .some(status)
            return status
        } catch {
            throw PlanError("\(quoted(path)) cannot be looked at: \(error.errno)")
        }
    }

    /// Follows a path to its file; nil where nothing is there.
    ///
    /// - Parameter path: An absolute path.
    /// - Returns: What is there, or nil.
    /// - Throws: ``PlanError`` where a name on the way cannot be looked at, or links go in a circle.
    func resolve(_ path: String) throws(PlanError) -> Resolved? {
        if path.isRootPath { return try walk([], links: []) }
        guard let parent = try resolveDirectory(path.parentPath) else { return nil }
        return try step(path.lastComponent, in: parent)
    }

    /// Opens a file for reading, or a directory for listing; the path must be free of links.
    func open(_ path: String, _ flags: OpenFlags = .readOnly) throws(PlanError) -> FileDescriptor {
        do throws(SystemCallError) {
            return try openFile(root + path, flags.union([.noFollow, .nonBlocking]))
        } catch {
            throw PlanError("\(quoted(path)) cannot be read: \(error.errno)")
        }
    }

    /// A whole small file; nil where it is missing. Links are followed.
    func contents(_ path: String, limit: Int = 8 << 20) throws(PlanError) -> [UInt8]? {
        guard let file = try resolve(path), file.status.kind == .regular else { return nil }
        let descriptor = try open(file.path)
        do throws(SystemCallError) {
            return try descriptor.readAll(limit: limit)
        } catch {
            throw PlanError("\(quoted(path)) cannot be read: \(error.errno)")
        }
    }

    /// The entries of a directory whose path is free of links, in the order of their bytes.
    func entries(_ path: String) throws(PlanError) -> [DirectoryEntry] {
        do throws(SystemCallError) {
            return try directoryListing(root + path, leavesOutUnnameable: true)
        } catch {
            throw PlanError("\(quoted(path)) cannot be listed: \(error.errno)")
        }
    }

    private func resolveDirectory(_ path: String) throws(PlanError) -> Resolved? {
        let key = PathKey(path)
        if let known = directories[key] { return known }
        let resolved = try resolve(path)
        directories[key] = .some(resolved)
        return resolved
    }

    /// One name in a directory that is free of links; the fast way for what is no link.
    private func step(_ name: String, in directory: Resolved) throws(PlanError) -> Resolved? {
        if name.isEmpty || name.isSamePath(as: ".") { return directory }
        if name.isSamePath(as: "..") { return try walk([name], from: directory.path, links: directory.links) }
        let path = directory.path.appendingComponent(name)
        guard directory.status.kind == .directory, let status = try status(path) else { return nil }
        guard status.kind == .symbolicLink else {
            return Resolved(path: path, links: directory.links, status: status)
        }
        return try walk([name], from: directory.path, links: directory.links)
    }

    private func walk(
        _ components: [String], from start: String = "/", links: [Link]
    ) throws(PlanError) -> Resolved? {
        var pending = Array(components.reversed())
        var current = start
        var links = links
        var followed = 0
        while let name = pending.popLast() {
            if name.utf8.elementsEqual("..".utf8) {
                current = current.parentPath
                continue
            }
            let path = current.appendingComponent(name)
            guard let status = try status(path) else { return nil }
            guard status.kind == .symbolicLink else {
                if status.kind != .directory, !pending.isEmpty { return nil }
                current = path
                continue
            }
            followed += 1
            // The kernel's own limit (path_resolution(7)).
            guard followed <= 40 else { throw PlanError("\(quoted(path)) is a symbolic link in a circle") }
            let target = try target(of: path)
            if !links.contains(where: { $0.path.isSamePath(as: path) }) {
                links.append(Link(path: path, target: target))
            }
            if target.utf8.first == UInt8(ascii: "/") { current = "/" }
            pending += target.pathComponents.reversed()
        }
        guard let status = try status(current) else { return nil }
        return Resolved(path: current, links: links, status: status)
    }

    /// Looks at every name anew from now on.
    func forget() {
        statuses = [:]
        targets = [:]
        directories = [:]
    }

    /// Where a path of the host is for this process.
    func hostPath(_ path: String) -> String { root + path }

    /// What the host's own mount forbids at a path; nothing where that cannot be found out.
    func mountFlags(_ path: String) -> MountStateFlags {
        do throws(SystemCallError) {
            return try openFile(root + path, .path).mountFlags()
        } catch {
            return []  // For an answer about the path, which its permissions have been asked for already.
        }
    }

    /// What a symbolic link holds; its directory is free of links.
    func link(at path: String) throws(PlanError) -> String { try target(of: path) }

    private func target(of path: String) throws(PlanError) -> String {
        let key = PathKey(path)
        if let known = targets[key] { return known }
        do throws(SystemCallError) {
            let target = try linkTarget(root + path)
            targets[key] = target
            return target
        } catch {
            throw PlanError("\(quoted(path)) cannot be read: \(error.errno)")
        }
    }
}
