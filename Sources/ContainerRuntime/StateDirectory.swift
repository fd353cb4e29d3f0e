internal import JSON
public import LinuxSystem

/// Where the runtime keeps what it knows of its containers: `ROOT/ID/` with state.json, two FIFOs and a lock.
///
/// Nobody but the owner may look in or write (0700), and the root itself is no link: what stands at its path is verified
/// each time, since the fallback below `/tmp` could have been made by someone else. Of a path of the caller's choice the
/// directories above are verified too: others must not be able to put another root in the place.
public struct StateRoot: Sendable {
    /// The root's path, without slashes at the end: after one even O_NOFOLLOW follows a link.
    public let path: String
    /// Whether the caller chose it.
    private let isChosen: Bool

    /// A root at a place of the caller's choice, or the default one: `/run/agentrt` for root, else below
    /// `$XDG_RUNTIME_DIR`, else `/tmp/agentrt-UID`. Root of a rootless engine's user namespace (podman's) is a user here.
    ///
    /// - Parameters:
    ///   - path: The place; nil for the default.
    ///   - runtimeDirectory: The value of `XDG_RUNTIME_DIR`, if set.
    public init(path: String?, runtimeDirectory: String?) {
        isChosen = path != nil
        if let path {
            self.path = Self.trimmed(path)
        } else if let runtimeDirectory, runtimeDirectory.hasPrefix("/"), !Self.isRootOfHost {
            self.path = runtimeDirectory + "/agentrt"
        } else if effectiveUserID() == 0 {
            self.path = "/run/agentrt"
        } else {
            self.path = "/tmp/agentrt-\(effectiveUserID())"
        }
    }

    private static var isRootOfHost: Bool {
        guard effectiveUserID() == 0 else { return false }
        // Without /proc nobody can tell; the place that is root's alone is the safe one.
        do throws(SystemCallError) { return try hasAllUserIDs() } catch { return true }
    }

    private static func trimmed(_ path: String) -> String {
        var path = path[...]
        while path.utf8.count > 1, path.hasSuffix("/") || path.hasSuffix("/.") { path.removeLast() }
        return String(path)
    }

    static let bundleName = "bundle"

    /// Where a bundle stands that lives only as long as its container.
    ///
    /// - Parameter id: The container.
    /// - Returns: The absolute path; nothing is there before the container is made.
    /// - Throws: ``RuntimeError`` where the root cannot be made.
    public func bundlePath(of id: ContainerID) throws(RuntimeError) -> String {
        try place(of: id) + "/" + Self.bundleName
    }

    /// The path of a container's directory, free of links; it may be made later.
    func place(of id: ContainerID) throws(RuntimeError) -> String {
        _ = try open()
        return try during("state directory") { try canonicalPath(path) } + "/\(id)"
    }

    /// Opens the root, making it where it is missing.
    ///
    /// - Returns: The directory.
    /// - Throws: ``RuntimeError`` where it belongs to someone else or others may write it.
    func open() throws(RuntimeError) -> FileDescriptor {
        if isChosen { try verifyAbove() }
        do throws(SystemCallError) {
            return try verified(try openFile(path, [.readOnly, .directory, .noFollow]))
        } catch  where error.errno == .noSuchFile {
            try makeDirectories()
            return try during("state directory") {
                try verified(try openFile(path, [.readOnly, .directory, .noFollow]))
            }
        } catch {
            throw RuntimeError("state directory: \(error)")
        }
    }

    /// Opens a directory for what can be made anew at any time.
    ///
    /// - Parameters:
    ///   - name: Which one.
    ///   - makesIt: Whether it is made where it is missing, and the root with it.
    /// - Returns: The directory, which nobody else can write; nil where it is missing and not made.
    /// - Throws: ``RuntimeError``.
    public func openCache(_ name: String, makesIt: Bool = true) throws(RuntimeError) -> FileDescriptor? {
        if !makesIt, try during("cache", { try fileStatus(path) }) == nil { return nil }
        let root = try open()
        return try during("cache") { () throws(SystemCallError) -> FileDescriptor? in
            do throws(SystemCallError) {
                return try root.open(".cache/" + name, [.readOnly, .directory])
            } catch  where error.errno == .noSuchFile {
                if !makesIt { return nil }
                _ = try root.makeDirectoryIfMissing(".cache", mode: 0o700)
                let caches = try root.open(".cache", [.readOnly, .directory])
                _ = try caches.makeDirectoryIfMissing(name, mode: 0o700)
                return try caches.open(name, [.readOnly, .directory])
            }
        }
    }

    /// The path of ``openCache(_:)``'s directory, free of links.
    ///
    /// - Parameter name: Which one.
    /// - Returns: The absolute path.
    /// - Throws: ``RuntimeError`` where the root is not there.
    public func cachePath(_ name: String) throws(RuntimeError) -> String {
        try during("cache") { try canonicalPath(path) } + "/.cache/" + name
    }

    private func verified(_ directory: consuming FileDescriptor) throws(SystemCallError) -> FileDescriptor {
        let status = try directory.status()
        guard status.uid == effectiveUserID(), status.permissions & 0o022 == 0 else {
            throw SystemCallError(
                call: "open", object: "\(quoted(path)), which others own or may write", errno: .permissionDenied)
        }
        return directory
    }

    private func makeDirectories() throws(RuntimeError) {
        var prefix = ""
        for component in path.split(separator: "/") {
            prefix += (path.hasPrefix("/") || !prefix.isEmpty ? "/" : "") + component
            do throws(SystemCallError) {
                try makeDirectory(prefix, mode: 0o700)
            } catch  where error.errno == .fileExists {
                continue
            } catch {
                throw RuntimeError("state directory: \(error)")
            }
        }
    }

    /// The ids of all containers, sorted.
    ///
    /// - Returns: The ids; empty where the root does not exist.
    /// - Throws: ``RuntimeError``.
    public func containerIDs() throws(RuntimeError) -> [ContainerID] {
        guard try during("state directory", { try fileStatus(path) }) != nil else { return [] }
        let root = try open()
        let names = try during("state directory") { try root.entries(path: path) }
        var ids: [ContainerID] = []
        for name in names {
            // What is no id is no container's: it was put there by somebody else.
            do throws(RuntimeError) { ids.append(try ContainerID(name)) } catch { continue }
        }
        return ids
    }
}

/// One container's directory below the state root, held open and, where it is changed, locked.
struct StateDirectory {
    private let box: FileDescriptorBox
    private let rootBox: FileDescriptorBox
    /// Its path, for messages and for other programs.
    let path: String
    private let id: ContainerID

    private static let recordName = "state.json"

    /// The directory.
    var directory: FileDescriptor { _read { yield box.descriptor } }

    /// Makes the directory, which says that the id is taken.
    ///
    /// - Parameters:
    ///   - id: The container.
    ///   - root: Where it is.
    ///   - rootDirectory: The root, opened and verified.
    /// - Throws: ``RuntimeError`` where the id is taken.
    init(making id: ContainerID, in root: StateRoot, _ rootDirectory: FileDescriptorBox) throws(RuntimeError) {
        do throws(SystemCallError) {
            box = try Self.make(id.description, in: rootDirectory.descriptor)
        } catch  where error.errno == .fileExists {
            throw RuntimeError("container \(quoted(id.description)) already exists")
        } catch {
            throw RuntimeError("state directory: \(error)")
        }
        path = root.path + "/" + id.description
        rootBox = rootDirectory
        self.id = id
    }

    /// Makes a directory and locks it. Between the two it looks like one whose maker was killed, and may be cleared away.
    private static func make(
        _ name: String, in root: borrowing FileDescriptor
    ) throws(SystemCallError) -> FileDescriptorBox {
        while true {
            try root.makeDirectory(name, mode: 0o700)
            do throws(SystemCallError) {
                let directory = FileDescriptorBox(try root.open(name, [.readOnly, .directory]))
                try directory.descriptor.lock()
                if try directory.descriptor.status().links > 0 { return directory }
            } catch  where error.errno == .noSuchFile {}
        }
    }

    /// What is to be found at a container's name where nobody waits.
    enum Presence {
        /// There is no such container.
        case absent
        /// Somebody works on it.
        case locked
        /// It is there, and locked now.
        case free(StateDirectory)
    }

    /// Opens and locks a directory that is there and that nobody works on.
    ///
    /// - Parameters:
    ///   - id: The container.
    ///   - root: Where it is.
    ///   - rootDirectory: The root, opened and verified.
    /// - Returns: The directory, or why there is none.
    /// - Throws: ``RuntimeError``.
    static func openIfFree(
        _ id: ContainerID, in root: StateRoot, _ rootDirectory: FileDescriptorBox
    ) throws(RuntimeError) -> Presence {
        do throws(SystemCallError) {
            let directory = FileDescriptorBox(
                try rootDirectory.descriptor.open(id.description, [.readOnly, .directory]))
            try directory.descriptor.lock(waits: false)
            if try directory.descriptor.status().links == 0 { return .absent }
            return .free(StateDirectory(directory, id, in: root, rootDirectory))
        } catch  where error.errno == .noSuchFile {
            return .absent
        } catch  where error.errno == .wouldBlock {
            return .locked
        } catch {
            throw RuntimeError("state directory: \(error)")
        }
    }

    private init(_ box: FileDescriptorBox, _ id: ContainerID, in root: StateRoot, _ rootBox: FileDescriptorBox) {
        self.box = box
        self.rootBox = rootBox
        self.id = id
        path = root.path + "/" + id.description
    }

    /// Opens the directory of a container that exists.
    ///
    /// - Parameters:
    ///   - id: The container.
    ///   - root: Where it is.
    ///   - opened: The root, where it has been opened and verified already.
    ///   - locks: Whether the container is about to be changed.
    /// - Throws: ``RuntimeError`` where there is no such container.
    init(
        opening id: ContainerID, in root: StateRoot, _ opened: FileDescriptorBox? = nil, locks: Bool
    ) throws(RuntimeError) {
        let notFound = RuntimeError("container \(quoted(id.description)) does not exist")
        if opened == nil, try during("state directory", { try fileStatus(root.path) }) == nil { throw notFound }
        if let opened { rootBox = opened } else { rootBox = FileDescriptorBox(try root.open()) }
        do throws(SystemCallError) {
            box = FileDescriptorBox(try rootBox.descriptor.open(id.description, [.readOnly, .directory]))
            if locks {
                try box.descriptor.lock()
                // It may have been deleted while this waited.
                guard try rootBox.descriptor.status(of: id.description)?.inode == box.descriptor.status().inode else {
                    throw SystemCallError(call: "open", errno: .noSuchFile)
                }
            }
        } catch  where error.errno == .noSuchFile {
            throw notFound
        } catch {
            throw RuntimeError("state directory: \(error)")
        }
        path = root.path + "/" + id.description
        self.id = id
    }

    /// Waits for nobody to work on the container.
    ///
    /// - Parameter milliseconds: The longest wait.
    /// - Returns: Whether nobody does.
    /// - Throws: `SystemCallError`.
    func isFree(within milliseconds: Int64) throws(SystemCallError) -> Bool {
        let deadline = bootTime() + milliseconds * 1_000_000
        while true {
            do throws(SystemCallError) {
                try directory.lock(waits: false)
                try directory.unlock()
                return true
            } catch  where error.errno == .wouldBlock {
                if bootTime() > deadline { return false }
                sleep(milliseconds: 10)
            }
        }
    }

    /// Locks the directory again after ``unlock()``.
    ///
    /// - Returns: Whether it is still there; one that is gone was deleted meanwhile, and the id may be another's.
    func relock() throws(RuntimeError) -> Bool {
        try during("state directory") { () throws(SystemCallError) in
            try directory.lock()
            return try directory.status().links > 0
        }
    }

    /// Gives the lock up, for other verbs to act on the container while it runs.
    ///
    /// By name, not by closing: init has a copy of the descriptor until its exec.
    func unlock() throws(RuntimeError) {
        try during(path) { try directory.unlock() }
    }

    /// Closes the copies that a child of clone3(2) has: nothing of the runtime's state is the container's.
    func closeInChild() {
        _ = FileDescriptor(owning: box.descriptor.rawValue)
        _ = FileDescriptor(owning: rootBox.descriptor.rawValue)
    }

    /// What was recorded, or nil where the runtime was killed before it recorded anything.
    func load() throws(RuntimeError) -> ContainerRecord? {
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes = try directory.open(Self.recordName, .readOnly).readAll(limit: 16 << 20)
        } catch  where error.errno == .noSuchFile {
            return nil
        } catch {
            throw RuntimeError("\(path)/\(Self.recordName): \(error)")
        }
        return try during("\(path)/\(Self.recordName)") { try ContainerRecord(json: JSONParser.parse(bytes)) }
    }

    /// Records, atomically: a reader sees the old record or the new one.
    func save(_ record: ContainerRecord) throws(RuntimeError) {
        try during("\(path)/\(Self.recordName)") { () throws(SystemCallError) in
            let temporary = Self.recordName + ".new"
            let file = try directory.open(temporary, [.writeOnly, .create, .truncate], mode: 0o600)
            try file.write(JSONWriter.bytes(record))
            try directory.rename(temporary, to: Self.recordName)
        }
    }

    /// Whether the container still waits for `start`: its exec.fifo is there.
    func hasFifo() throws(RuntimeError) -> Bool {
        try during(path) { try directory.status(of: Self.fifoName) } != nil
    }

    /// Removes the directory and with it the container's name.
    func remove() throws(RuntimeError) {
        try during("remove \(path)") { try rootBox.descriptor.removeTree(id.description) }
    }
}
