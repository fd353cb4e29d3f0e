internal import LinuxSystem

/// The call that a sandbox waits for, as the process sees it that has made the sandbox and will run the call: a child of
/// the keeper, which waits with it.
///
/// It stands where `run` stands otherwise, between a caller and a container: it is the container's parent, keeps its
/// limits, and removes what is left. The caller's own process is at the other end of a socket. When either of the two
/// ends, so does the container.
public final class StandbyCall {
    /// The namespaces that the sandbox is built from.
    let namespaces: WarmNamespaces
    /// The keeper; nil once the call has begun.
    private var keeper: FrameSocket?
    /// Who has made the call; nil before.
    private(set) var caller: FrameSocket?
    private var hasFinished = false
    /// Called when the call begins, and this process has its standard streams.
    public var onCall: () -> Void = {}

    /// Whether the call has begun.
    public private(set) var hasBegun = false
    /// Counts up when the keeper gives the sandbox to a call.
    let go: EventCounter

    init(_ namespaces: WarmNamespaces, keeper: FrameSocket, go: EventCounter) {
        (self.namespaces, self.keeper, self.go) = (namespaces, keeper, go)
    }

    /// Whether a sandbox that stands by can be given a standard stream: a pipe or a socket, a file, for which it gets a
    /// pipe, or /dev/null, for which it gets its own. A rule for anything else would have had to be in force before.
    static func takes(_ status: FileStatus) -> Bool {
        switch status.kind {
        case .fifo, .socket: true
        case .characterDevice: isNull(status)
        default: StreamRelay.isUnsafe(status.kind)
        }
    }

    /// Whether it is /dev/null, whatever file system it lies on (devices.txt).
    static func isNull(_ status: FileStatus) -> Bool {
        status.kind == .characterDevice && status.deviceNode.major == 1 && status.deviceNode.minor == 3
    }

    /// Closes the copies that a child of clone3(2) has: whether this process lives is seen by them.
    func closeInChild() {
        if let keeper { _ = FileDescriptor(owning: keeper.descriptor.rawValue) }
        if let caller { _ = FileDescriptor(owning: caller.descriptor.rawValue) }
    }

    /// Tells the keeper that the sandbox stands ready, waits for the call, and has the sandbox begin with it.
    ///
    /// While the keeper still looks whether the call may have the sandbox, its program is given the call as far as can be,
    /// and waits for the same word as this process.
    ///
    /// - Parameters:
    ///   - launch: The sandbox.
    ///   - signals: This process's.
    /// - Throws: ``RuntimeError`` where there will be no call; then nothing of the sandbox is left.
    func awaitCall(_ launch: Launch, _ signals: SignalQueue) throws(RuntimeError) {
        do throws(RuntimeError) {
            guard let keeper, let process = launch.process, let mounts = launch.mountChanges else {
                throw RuntimeError("warm: the sandbox is not ready")
            }
            try during("warm") {
                try keeper.send(InitMessage.ready.frame, descriptors: [mounts.descriptor.rawValue])
            }
            while true {
                let ready = try during("warm") {
                    try waitUntilReady(
                        [keeper.descriptor.rawValue, process.descriptor.rawValue, signals.descriptor.rawValue])
                }
                // Whoever sends a signal now does not mean the call that is to come.
                while let (signal, _) = try during("signals", { try signals.next() }) {
                    if Signals.endsByDefault(signal) {
                        throw RuntimeError("warm: signal \(Signals.name(signal)) to a sandbox that waited")
                    }
                }
                if ready[1] { throw RuntimeError("warm: the sandbox that waited has ended") }
                if ready[0] { break }
            }
            guard let order = try during("warm", { try keeper.receive(limit: CallFrame.largest) }),
                let call = CallFrame(order.bytes), order.descriptors.count == 4
            else { throw RuntimeError("warm: no call has come") }
            caller = FrameSocket(try during("warm") { try order.descriptors[0].descriptor.duplicated() })
            var carriesFiles = launch.plan.annotations.output != nil
            for number in 0..<3 {
                let stream = order.descriptors[number + 1]
                let status = try during("warm") { () throws(SystemCallError) in
                    try stream.descriptor.duplicate(onto: Int32(number))
                    return try stream.descriptor.status()
                }
                guard Self.takes(status) else {
                    throw RuntimeError("warm: descriptor \(number) is neither a pipe, a file nor /dev/null")
                }
                if StreamRelay.isUnsafe(status.kind) { carriesFiles = true }
            }
            // A file that was read from would not be as it was for a call that begins elsewhere.
            if carriesFiles { try awaitGo(keeper, process) }
            try launch.begin(with: call.arguments.dropFirst())
            if !carriesFiles { try awaitGo(keeper, process) }
        } catch {
            launch.undo()
            throw error
        }
    }

    private func awaitGo(_ keeper: FrameSocket, _ process: ProcessHandle) throws(RuntimeError) {
        let ready = try during("warm") {
            try waitUntilReady([go.rawValue, keeper.descriptor.rawValue, process.descriptor.rawValue])
        }
        guard ready[0] else { throw RuntimeError("warm: the call has got no sandbox") }
        self.keeper = nil
        hasBegun = true
        onCall()
    }

    /// Tells the caller of an end of which there is nothing more to say: it need not wait until what is left has been
    /// removed. Of a program that failed a limit may be to blame, which is yet to be found and told.
    func finish(early end: ProcessEnd) {
        guard end == .exited(0), !hasFinished, let caller else { return }
        finish(status: 0)
        do throws(SystemCallError) {
            // Its own end goes first.
            _ = try waitUntilReady([caller.descriptor.rawValue], milliseconds: 100)
        } catch {
            return  // Then it does not.
        }
    }

    /// Tells how it went, once: the caller, or where there is none yet the keeper.
    ///
    /// - Parameters:
    ///   - status: The exit status.
    ///   - message: Why there was no call; it is not passed on to a caller, who has read it on standard error.
    public func finish(status: Int32, message: String? = nil) {
        guard !hasFinished else { return }
        hasFinished = true
        do throws(SystemCallError) {
            if hasBegun {
                try caller?.send([UInt8(truncatingIfNeeded: status)])
            } else if let message {
                try keeper?.send(InitMessage.failed(status: status, message: message).frame)
            }
        } catch {
            return  // Nobody is there to be told.
        }
    }
}
