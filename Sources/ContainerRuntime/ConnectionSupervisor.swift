internal import LinuxSystem

/// Connects in the stead of a container's processes, so that unix sockets are reached only where they are its own.
///
/// Nothing short of it holds on kernels before version 9 of Landlock: a read-only mount does not stop connect(2), a
/// filter sees no path, and a call that was looked at and continued may mean another socket by then. So the kernel never
/// carries a container's connect(2) out: the runtime takes a copy of the socket, and connects that to what it has looked
/// at (spec/decisions/0051-unix-sockets.md). It never waits for anything itself.
final class ConnectionSupervisor {
    /// A call that is not answered yet.
    private struct Waiting {
        let call: CallListener.Call
        let connection: Connection
    }

    private let listener: CallListener
    private let freshDevices: [DeviceNumber]
    private let table: FileDescriptorBox?
    private let listed: [FileDescriptorBox]
    private let listedStatus: [FileStatus]
    private var waiting: [Waiting] = []
    /// How many calls may wait at a time: each holds up to two of this process's descriptors.
    private static let waitingLimit = 200

    /// A supervisor.
    ///
    /// - Parameters:
    ///   - listener: Where the calls come from.
    ///   - freshDevices: File systems in memory that the container has to itself, as they were before its program began: it
    ///     could move the directories that they are mounted below.
    ///   - table: Where the unix sockets of its network namespace are asked for (``UnixSocketTable``); nil where that is the
    ///     host's, whose abstract names are then refused.
    ///   - listed: Sockets that are reached as well.
    /// - Throws: ``SystemCallError``.
    init(
        _ listener: CallListener, freshDevices: [DeviceNumber], table: FileDescriptorBox?, listed: [FileDescriptorBox]
    ) throws(SystemCallError) {
        (self.listener, self.freshDevices, self.table, self.listed) = (listener, freshDevices, table, listed)
        var statuses: [FileStatus] = []
        for file in listed { statuses.append(try file.descriptor.status()) }
        listedStatus = statuses
    }

    /// What must become writable for a call to be answered.
    var descriptors: [Int32] { waiting.map(\.connection.descriptorToAwait) }

    /// How long to wait at most before ``finish()``, in milliseconds; nil for ever.
    var patience: Int64? {
        let next = waiting.compactMap(\.connection.nextTry).min()
        return next.map { max(0, ($0 - bootTime() + 999_999) / 1_000_000) }
    }

    /// Makes a connection, and answers the call, or begins to.
    ///
    /// - Parameter call: A connect(2) that waits.
    /// - Returns: Whether a unix socket was refused.
    /// - Throws: ``RuntimeError`` where no answer can be given.
    func connect(_ call: CallListener.Call) throws(RuntimeError) -> Bool {
        do throws(SystemCallError) {
            let connection = try Connection(call, listener, hasOwnNames: table != nil) {
                (file: borrowing FileDescriptor, status) throws(SystemCallError) in
                try isOwn(file, status)
            }
            guard let connection else { return false }  // The process has gone.
            try answer(Waiting(call: call, connection: connection))
            return false
        } catch {
            // What cannot be done for the process has failed for the process.
            try during("connect") { try listener.answer(call, error.errno) }
            return error.errno == .permissionDenied
        }
    }

    /// Answers what has come out meanwhile.
    func finish() throws(RuntimeError) {
        let due = waiting
        waiting = []
        for entry in due where listener.isWaiting(entry.call) {
            do throws(SystemCallError) { try answer(entry) } catch {
                try during("connect") { try listener.answer(entry.call, error.errno) }
            }
        }
    }

    private func answer(_ entry: Waiting) throws(SystemCallError) {
        switch try entry.connection.proceed() {
        case .waits:
            // Those whose process has gone meanwhile hold nothing up.
            if waiting.count >= Self.waitingLimit { waiting.removeAll { !listener.isWaiting($0.call) } }
            guard waiting.count < Self.waitingLimit else {
                throw SystemCallError(call: "connect", errno: .noBufferSpace)
            }
            waiting.append(entry)
        case .made: try listener.answer(entry.call, nil)
        case .failed(let errno): try listener.answer(entry.call, errno)
        }
    }

    /// Whether a socket is listed, or was made in the container: it lies on a file system in memory that only the
    /// container has, or its network namespace has the socket.
    private func isOwn(_ file: borrowing FileDescriptor, _ status: FileStatus) throws(SystemCallError) -> Bool {
        if listedStatus.contains(where: { $0.device == status.device && $0.inode == status.inode }) { return true }
        if freshDevices.contains(status.device) { return true }
        // The table has 32 bits of a number. Where the container cannot make a socket, one that has the same is another's.
        guard let table, try !file.mountFlags().contains(.readOnly) else { return false }
        return try UnixSocketTable.of(table.descriptor, holds: status)
    }
}

/// One connection in another process's stead.
private final class Connection {
    enum Progress {
        case made, waits
        case failed(Errno)
    }

    private let socket: BorrowedSocket
    private let thread: ThreadIdentity
    private let address: [UInt8]
    /// The unix socket that ``address`` names by descriptor.
    private let target: FileDescriptorBox?
    private var hasBegun = false

    var descriptorToAwait: Int32 { nextTry == nil ? socket.descriptor.rawValue : -1 }
    /// When it has to be tried anew, since the kernel does not tell when it can be made (``bootTime()``).
    private(set) var nextTry: Int64?
    /// How long it has waited for that, in milliseconds.
    private var delay: Int64 = 1
    /// The longest it waits between two tries: whoever keeps many waiting has this process work for them.
    private static let longestDelay: Int64 = 64

    /// Finds out what is asked for; nil where the process has gone.
    ///
    /// - Parameters:
    ///   - call: The call.
    ///   - listener: Where it came from.
    ///   - hasOwnNames: Whether all abstract names that the process can see are its container's.
    ///   - isOwn: Says whether a socket is the container's.
    /// - Throws: ``SystemCallError`` with the error that the process gets.
    init?(
        _ call: CallListener.Call, _ listener: CallListener, hasOwnNames: Bool,
        isOwn: (borrowing FileDescriptor, FileStatus) throws(SystemCallError) -> Bool
    ) throws(SystemCallError) {
        let words = call.arguments
        thread = try ThreadIdentity(of: call.pid)
        let process = try ProcessHandle(pid: thread.process)
        // Otherwise its number may be another process's by now.
        guard listener.isWaiting(call) else { return nil }
        socket = try BorrowedSocket(try process.copyDescriptor(Int32(truncatingIfNeeded: words[0])))
        let length = Int32(truncatingIfNeeded: words[2])
        // sizeof(struct sockaddr_storage)
        guard (0...128).contains(length) else { throw Self.refusal(.invalidArgument) }
        let asked = try ProcessMemory(of: call.pid).bytes(at: words[1], limit: Int(length))
        guard asked.count == Int(length) else { throw Self.refusal(.badAddress) }
        guard listener.isWaiting(call) else { return nil }
        switch socket.family {
        case .internet: (address, target) = (asked, nil)
        case .unix:
            // struct sockaddr_un: the family, and a path up to a NUL or the end, or a NUL and an abstract name.
            guard asked.count > 2, asked.count <= 110, asked[0] == 1, asked[1] == 0 else {
                throw Self.refusal(.invalidArgument)
            }
            if asked[2] == 0 {
                // Of the network namespace that the socket itself was made in. In the host's nobody can tell whose a name
                // is: Landlock, which keeps the container from others', does not look at what the runtime does.
                guard hasOwnNames else { throw Self.refusal(.permissionDenied) }
                (address, target) = (asked, nil)
                return
            }
            let path = String(decoding: asked[2...].prefix { $0 != 0 }, as: UTF8.self)
            let root = RootDirectory(try openFile("/proc/\(call.pid)/root", [.path, .directory]))
            let file = try Self.open(path, root, call, thread)
            // Otherwise root and directory were those of whoever has its number now.
            guard listener.isWaiting(call) else { return nil }
            let status = try file.status()
            guard status.kind == .socket else { throw Self.refusal(.connectionRefused) }
            guard try isOwn(file, status) else { throw Self.refusal(.permissionDenied) }
            // By descriptor: the same file, whatever the path leads to by now.
            address = [1, 0] + Array(file.procPath.utf8) + [0]
            target = FileDescriptorBox(file)
        case .other: throw Self.refusal(.permissionDenied)
        }
    }

    /// Begins, or looks how far it is.
    func proceed() throws(SystemCallError) -> Progress {
        if let nextTry, bootTime() < nextTry { return .waits }
        if hasBegun, nextTry == nil { return try outcome() }
        // Whoever is connected to learns by SO_PEERCRED whose connection it is, and a socket's rights are its owner's.
        let errno = try thread.impersonated { () throws(SystemCallError) in try socket.connect(address) }
        hasBegun = true
        guard let errno else { return .made }
        if errno == .interrupted {
            // Its process has made the socket wait; a connection over the network goes on.
            guard target != nil || socket.family == .unix else { return .waits }
            return triesLater()
        }
        guard socket.blocks else { return .failed(errno) }
        switch errno {
        // Within the machine it is made by now.
        case .inProgress, .alreadyInProgress: return try outcome()
        case .wouldBlock where target != nil || socket.family == .unix:
            // The listener's queue is full.
            return triesLater()
        default: return .failed(errno)
        }
    }

    private func triesLater() -> Progress {
        delay = min(delay * 2, Self.longestDelay)
        nextTry = bootTime() + delay * 1_000_000
        return .waits
    }

    private func outcome() throws(SystemCallError) -> Progress {
        guard try waitUntilReady([], writable: [socket.descriptor.rawValue], milliseconds: 0)[0] else { return .waits }
        return try socket.outcome().map { .failed($0) } ?? .made
    }

    /// Opens what a path means to a thread, with its rights.
    private static func open(
        _ path: String, _ root: borrowing RootDirectory, _ call: CallListener.Call, _ thread: ThreadIdentity
    ) throws(SystemCallError) -> FileDescriptor {
        let start = path.hasPrefix("/") ? "" : try linkTarget("/proc/\(call.pid)/cwd") + "/"
        return try thread.impersonated { () throws(SystemCallError) in try root.open(start + path, .path) }
    }

    private static func refusal(_ errno: Errno) -> SystemCallError { SystemCallError(call: "connect", errno: errno) }
}
