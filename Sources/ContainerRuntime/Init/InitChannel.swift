internal import LinuxSystem

/// What runtime and init tell each other, one frame a message, over a SOCK_SEQPACKET pair that no exec survives.
///
///     runtime                                   init
///     writes state.json, id maps                mounts the root file system; in a new user namespace
///     proceed                        --->       it waits for its maps before it
///                                    <---       hooksDue        only with rules on devices, with a network by name, or
///     puts the rules in force                                    with prestart or createRuntime hooks
///     waits for the gate
///     runs the hooks
///     proceed                        --->
///                                               createContainer hooks, pivot_root, console
///                                    <---       console + pty   only for `run` with a terminal
///                                               startContainer hooks, ids, capabilities
///                                    <---       listener        only with seccomp notification: the number of the
///     takes it by pidfd_getfd, sends it on                   filter's listener, which now holds init too
///     proceed                        --->
///                                    <---       ready           all that can fail has been done
///     create: writes state, returns             create: waits on exec.fifo for `start`; what follows is told
///                                               `start` by outcome.fifo: ready, failed, or that it closes
///                                               filters, exec: the socket closes, which is success
///                                    <---       failed          at any time: the message and the exit status
///                                    <---       ended           a reaping init: how the program ended
///
/// A sandbox that stands by (``StandbyCall``) has its filters before it says `ready`, with its /proc/self/mountinfo, and
/// waits for a ``CallFrame`` with the standard streams; its `ended` can be `endedAlone`, which `proceed` answers.
///
/// `proceed` is sent first in every case: an init never runs ahead of its maps, and no program or hook ahead of the
/// record by which others find the container. spec/init-protocol.md.
enum InitMessage: Equatable {
    /// Go on.
    case proceed
    /// The runtime's hooks are to run now.
    case hooksDue
    /// The master of the container's terminal comes along.
    case console
    /// The number of the listener of a seccomp filter, which the runtime takes and passes on.
    case listener(Int32)
    /// Nothing is left but to start.
    case ready
    /// A step failed: the exit status, and the line for the user.
    case failed(status: Int32, message: String)
    /// The program, a child of the reaping init, has ended.
    case ended(ProcessEnd)
    /// The same, and no other process is left but init itself: only of a sandbox that has waited for its call.
    case endedAlone(ProcessEnd)

    /// The frame: one byte that names the message, then its content.
    var frame: [UInt8] {
        switch self {
        case .proceed: [1]
        case .hooksDue: [2]
        case .console: [3]
        case .ready: [4]
        case .failed(let status, let message): [5, UInt8(truncatingIfNeeded: status)] + message.utf8.prefix(8000)
        case .ended(.exited(let status)): [6, UInt8(truncatingIfNeeded: status)]
        case .ended(.signalled(let signal)): [7, UInt8(truncatingIfNeeded: signal)]
        case .endedAlone(let end): [9] + InitMessage.ended(end).frame
        case .listener(let number): [8] + (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
    }

    /// Reads a frame; nil for one that is none of these.
    init?(frame: [UInt8]) {
        switch (frame.first, frame.count) {
        case (1, 1): self = .proceed
        case (2, 1): self = .hooksDue
        case (3, 1): self = .console
        case (4, 1): self = .ready
        case (5, 2...):
            self = .failed(status: Int32(frame[1]), message: String(decoding: frame.dropFirst(2), as: UTF8.self))
        case (6, 2): self = .ended(.exited(Int32(frame[1])))
        case (7, 2): self = .ended(.signalled(Int32(frame[1])))
        case (8, 5): self = .listener(frame.dropFirst().reversed().reduce(0) { $0 << 8 | Int32($1) })
        case (9, 3):
            guard case .ended(let end) = InitMessage(frame: Array(frame.dropFirst())) else { return nil }
            self = .endedAlone(end)
        default: return nil
        }
    }
}

extension FrameSocket {
    /// Sends a message.
    func send(_ message: InitMessage, descriptors: [Int32] = []) throws(RuntimeError) {
        try during("init channel") { try send(message.frame, descriptors: descriptors) }
    }

    /// Sends a message, unless the other side has ended meanwhile: it has said why, which is read next.
    func sendIfHeard(_ message: InitMessage) throws(RuntimeError) {
        do throws(SystemCallError) {
            try send(message.frame)
        } catch  where error.errno == .brokenPipe {
            return
        } catch {
            throw RuntimeError("init channel: \(error)")
        }
    }

    /// Waits for a message; nil where the other side has closed: it exec'd, or died.
    func receiveMessage() throws(RuntimeError) -> (message: InitMessage, descriptors: [FileDescriptorBox])? {
        guard let frame = try during("init channel", { try receive() }) else { return nil }
        guard let message = InitMessage(frame: frame.bytes) else {
            throw RuntimeError("init channel: a frame that is no message")
        }
        return (message, frame.descriptors)
    }

    /// Waits for the runtime's `proceed`; anything else means that it is gone.
    func awaitProceed() throws(RuntimeError) {
        guard let (message, _) = try receiveMessage(), message == .proceed else {
            throw RuntimeError("init channel: the runtime is gone")
        }
    }
}
