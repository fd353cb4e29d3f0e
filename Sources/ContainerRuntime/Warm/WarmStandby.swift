internal import LinuxSystem

/// A sandbox that waits for a call, as the keeper sees it (``StandbyCall`` is the other side).
///
/// The keeper holds one end of a socket, and nothing else of it: when that closes, the sandbox is taken down by the
/// process that has made it.
struct WarmStandby {
    /// The process that makes the sandbox, and takes it down when the socket closes.
    let maker: ProcessHandle
    let socket: FrameSocket
    /// Counts up when it begins, which its program waits for too.
    private let go: EventCounter
    /// What the sandbox has inherited; a caller with anything else gets another sandbox.
    private let inheritance: Inheritance
    private let ownInheritance = Inheritance.own()
    /// Tells of changes to the sandbox's mounts; nil until it is ready. A mask goes where its file is replaced.
    private(set) var mounts: WatchedFile?

    /// Has a sandbox made.
    ///
    /// - Parameters:
    ///   - bundle: Its bundle.
    ///   - namespaces: What it is built from.
    ///   - closeOthers: Closes what is the keeper's alone, in the process that makes it.
    /// - Throws: ``RuntimeError``; nil where none can be given to anybody but this process: with a seccomp filter.
    init?(of bundle: WarmBundle, _ namespaces: WarmNamespaces, closeOthers: () -> Void) throws(RuntimeError) {
        inheritance = try during("warm") { try Inheritance(of: currentProcessID()) }
        if inheritance.hasFilter { return nil }
        let (ownNumber, otherNumber) = try during("socketpair") { try FrameSocket.pair() }
        socket = FrameSocket(FileDescriptor(owning: ownNumber))
        let other = FileDescriptorBox(FileDescriptor(owning: otherNumber))
        let go = try during("eventfd") { try EventCounter() }
        self.go = go
        switch try during("warm", { try cloneProcess([]) }) {
        case .child:
            _ = FileDescriptor(owning: ownNumber)
            closeOthers()
            Self.run(bundle, StandbyCall(namespaces, keeper: FrameSocket(FileDescriptor(owning: otherNumber)), go: go))
        case .parent(_, let process): maker = process
        }
        withExtendedLifetime(other) {}
    }

    private static func run(_ bundle: WarmBundle, _ call: StandbyCall) -> Never {
        // A key pressed at the keeper's terminal is no signal to a call.
        startSession()
        do throws(SystemCallError) {
            let null = try openFile("/dev/null", .readWrite)
            // What the keeper writes to belongs to whoever started it.
            for number in Int32(0)...1 { try null.duplicate(onto: number) }
            try setProcessName("agentrt-standby")
        } catch {
            call.finish(status: 1, message: "\(error)")
            endProcess(1)
        }
        bundle.run(call)
        endProcess(0)
    }

    /// Takes what the other side has to say.
    ///
    /// - Returns: Whether the sandbox is there.
    /// - Throws: ``RuntimeError``, why there is none.
    mutating func hear() throws(RuntimeError) -> Bool {
        guard let frame = try during("warm", { try socket.receive() }) else { return false }
        switch InitMessage(frame: frame.bytes) {
        case .ready:
            mounts = frame.descriptors.first.map { WatchedFile($0) }
            return mounts != nil
        case .failed(_, let message): throw RuntimeError(message)
        default: throw RuntimeError("warm: an answer that is none")
        }
    }

    /// Whether it could be a caller's.
    ///
    /// - Parameter pid: The caller's process.
    /// - Returns: Whether it is ready, and it makes no difference that the caller has not made it.
    /// - Throws: `SystemCallError` where the caller cannot be looked at.
    func suits(_ pid: Int32) throws(SystemCallError) -> Bool {
        guard mounts != nil, pid > 0 else { return false }
        return try Inheritance(of: pid) == inheritance
    }

    /// Whether what only the caller knows of what it passes on is the same too.
    func suits(_ call: CallFrame) -> Bool { call.ownInheritance == ownInheritance }

    /// Shows it a call, which it gets ready to begin with.
    ///
    /// - Parameters:
    ///   - frame: The call, as it came.
    ///   - connection: Where the caller waits.
    ///   - streams: The caller's standard streams.
    /// - Throws: `SystemCallError` where it is gone.
    func show(
        _ frame: [UInt8], for connection: FrameSocket, _ streams: ArraySlice<FileDescriptorBox>
    ) throws(SystemCallError) {
        let numbers = [connection.descriptor.rawValue] + streams.map { $0.descriptor.rawValue }
        try socket.send(frame, descriptors: numbers)
        withExtendedLifetime(streams) {}
    }

    /// Has it begin with the call that it was shown.
    ///
    /// - Parameters:
    ///   - call: What only one may take: the sandbox, or a caller that gives up.
    ///   - connection: Where the caller waits.
    /// - Returns: Whether it begins.
    /// - Throws: `SystemCallError`.
    func begin(_ call: EventCounter, for connection: FrameSocket) throws(SystemCallError) -> Bool {
        // The sandbox has something to say only where it cannot begin, the caller where it has ended.
        let ready = try waitUntilReady(
            [socket.descriptor.rawValue, connection.descriptor.rawValue, call.rawValue], milliseconds: 0)
        guard !ready[0], !ready[1], ready[2], try call.take() else { return false }
        try go.add()
        return true
    }
}
