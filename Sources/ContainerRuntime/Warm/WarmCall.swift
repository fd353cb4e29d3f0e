internal import LinuxSystem

/// A call by a sandbox that a ``WarmKeeper`` has standing by, as whoever makes it sees it.
public enum WarmCall {
    /// What became of it.
    public enum Outcome: Equatable, Sendable {
        /// A sandbox has carried it out: the exit status, as `run` has it.
        case ended(status: Int32)
        /// Nothing stands by, and nothing has begun.
        case refused
        /// The keeper does not answer, and nothing has begun: there is no use in asking it once more.
        case unanswered
    }

    /// Has a sandbox that stands by begin with a command, and waits until it has ended.
    ///
    /// Signals to this process are passed on. Where nothing has begun, those that were blocked stay so until a later queue
    /// takes them: none is lost.
    ///
    /// - Parameters:
    ///   - keeper: What the call's plan is known by (``WarmKeeper``).
    ///   - root: The state root.
    ///   - arguments: The program's arguments, with its name first.
    ///   - environment: This process's environment.
    /// - Returns: What became of it.
    /// - Throws: ``RuntimeError``; where the call has begun, it is not to be made again.
    public static func run(
        by keeper: String, in root: StateRoot, arguments: [String], environment: [String]
    ) throws(RuntimeError) -> Outcome {
        guard try during("state directory", { try fileStatus(root.path) }) != nil else { return .refused }
        let directory = try root.open()
        let socket: FrameSocket
        let signals: SignalQueue
        // Who takes it from the counter has the call: the sandbox, or this process when it waits no longer.
        let call: EventCounter
        do throws(SystemCallError) {
            // First: the keeper looks at what it can while the call is made.
            let place = WarmNamespaces.folderName + "/" + keeper
            guard let connection = try FrameSocket.connected(to: place, in: directory) else { return .refused }
            for number in Int32(0)..<3 {
                guard try StandbyCall.takes(UnownedDescriptor(number).status()) else { return .refused }
            }
            let frame = CallFrame(
                arguments: arguments, environment: environment, ownInheritance: Inheritance.own()
            ).bytes
            let pid = try connection.peer()
            guard frame.count <= CallFrame.largest, pid > 0, let proof = try Inheritance.proof(of: pid) else {
                return .refused
            }
            signals = try SignalQueue()
            call = try EventCounter(count: 1)
            try connection.send(frame, descriptors: [call.rawValue, proof.rawValue, 0, 1, 2])
            socket = connection
        } catch  where [.brokenPipe, .connectionReset, .tooManyReferences].contains(error.errno) {
            return .refused  // The keeper has ended just now, or is stopped, and others wait for it.
        } catch {
            throw RuntimeError("warm: \(error)")
        }
        return try during("warm") { try wait(for: socket, call, signals) }
    }

    /// The keeper has nothing that stands by for this call.
    static let refusal = [UInt8(ascii: "-"), UInt8(ascii: "-")]

    private static func wait(
        for socket: FrameSocket, _ call: EventCounter, _ signals: SignalQueue
    ) throws(SystemCallError) -> Outcome {
        // A keeper that is stopped, or out of breath, would take longer than doing without. Signals wait until it is known
        // who has the call.
        var patience: Int64? = 100
        while true {
            let ready = try waitUntilReady(
                [socket.descriptor.rawValue, patience == nil ? signals.descriptor.rawValue : -1],
                milliseconds: patience)
            if ready[0] {
                let answer = try socket.receive()?.bytes
                if let answer, answer.count == 1 { return .ended(status: Int32(answer[0])) }
                // Refused, or nobody is there any more: with a call that has begun, or without.
                if try call.take() { return .refused }
                throw SystemCallError(
                    call: "recvmsg", object: "the process that ran the call, which was killed", errno: .connectionReset)
            }
            if ready[1] {
                while let (signal, _) = try signals.next() {
                    if signal != Signals.child { try pass(signal, socket) }
                }
            } else if patience != nil {
                if try call.take() { return .unanswered }
                patience = nil
            }
        }
    }

    /// Passes a signal on, unless there is nobody any more: how it ended is read next.
    private static func pass(_ signal: Int32, _ socket: FrameSocket) throws(SystemCallError) {
        do throws(SystemCallError) {
            try socket.send([UInt8(truncatingIfNeeded: signal)])
        } catch  where error.errno == .brokenPipe || error.errno == .connectionReset {}
    }
}
