internal import CLinux
internal import Glibc

/// Signals by name and number (signal(7)).
public enum Signals {
    /// Ends a process, which cannot prevent it.
    public static let kill = SIGKILL
    /// Asks a process to end.
    public static let terminate = SIGTERM
    /// Asks a process to end, from its terminal.
    public static let interrupt = SIGINT
    /// Tells a process that its terminal is gone.
    public static let hangUp = SIGHUP
    /// A child has ended or stopped.
    public static let child = SIGCHLD
    /// The window of the terminal has changed.
    public static let windowChange = SIGWINCH

    private static let names: [(String, Int32)] = [
        ("HUP", SIGHUP), ("INT", SIGINT), ("QUIT", SIGQUIT), ("ILL", SIGILL), ("TRAP", SIGTRAP), ("ABRT", SIGABRT),
        ("IOT", SIGABRT), ("BUS", SIGBUS), ("FPE", SIGFPE), ("KILL", SIGKILL), ("USR1", SIGUSR1), ("SEGV", SIGSEGV),
        ("USR2", SIGUSR2), ("PIPE", SIGPIPE), ("ALRM", SIGALRM), ("TERM", SIGTERM), ("STKFLT", 16),
        ("CHLD", SIGCHLD), ("CLD", SIGCHLD), ("CONT", SIGCONT), ("STOP", SIGSTOP), ("TSTP", SIGTSTP),
        ("TTIN", SIGTTIN), ("TTOU", SIGTTOU), ("URG", SIGURG), ("XCPU", SIGXCPU), ("XFSZ", SIGXFSZ),
        ("VTALRM", SIGVTALRM), ("PROF", SIGPROF), ("WINCH", SIGWINCH), ("IO", SIGIO), ("POLL", SIGIO), ("PWR", SIGPWR),
        ("SYS", SIGSYS), ("RTMIN", 34), ("RTMAX", 64),
    ]

    /// A signal's number from what a person writes: `TERM`, `SIGTERM`, `sigterm`, `15`, `RTMIN+3`.
    ///
    /// - Parameter text: The name or number.
    /// - Returns: The number, 1 to 64, or nil for anything else.
    public static func number(_ text: String) -> Int32? {
        if let number = Int32(digits: text) { return (1...64).contains(number) ? number : nil }
        var name = text.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        if let entry = names.first(where: { $0.0 == name }) { return entry.1 }
        if name.hasPrefix("RTMIN+"), let offset = Int32(digits: name.dropFirst(6)), (0...30).contains(offset) {
            return 34 + offset
        }
        if name.hasPrefix("RTMAX-"), let offset = Int32(digits: name.dropFirst(6)), (0...30).contains(offset) {
            return 64 - offset
        }
        return nil
    }

    /// A signal's name without `SIG`: `TERM`; the number where it has none.
    ///
    /// - Parameter number: The signal.
    /// - Returns: The name.
    public static func name(_ number: Int32) -> String {
        names.first { $0.1 == number }?.0 ?? "\(number)"
    }

    /// Whether a signal ends a process that does not handle it (signal(7)).
    ///
    /// - Parameter number: The signal.
    /// - Returns: Whether it does.
    public static func endsByDefault(_ number: Int32) -> Bool {
        ![SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU].contains(number)
    }

    /// Blocks all signals that can be blocked (sigprocmask(2)).
    public static func blockAll() { setMask(UInt64.max) }

    /// Blocks no signal.
    public static func unblockAll() { setMask(0) }

    /// Gives every signal its default action again, as a new program expects it (sigaction(2)).
    public static func resetActions() {
        for number in 1...64 where number != Int(SIGKILL) && number != Int(SIGSTOP) {
            // struct sigaction of the kernel, all zero: SIG_DFL. The C library would refuse its own numbers 32 and 33.
            // The call fails for no other number, so nothing depends on the result.
            var action: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
            _ = withUnsafePointer(to: &action) {
                linux_syscall(Int(LINUX_SYS_rt_sigaction), number, word($0), 0, 8, 0, 0)
            }
        }
    }

    private static func setMask(_ mask: UInt64) {
        var mask = mask
        _ = withUnsafePointer(to: &mask) {
            linux_syscall(Int(LINUX_SYS_rt_sigprocmask), Int(SIG_SETMASK), word($0), 0, 8, 0, 0)
        }
    }
}

/// Signals read as a file (signalfd(2)): all signals that are blocked.
public struct SignalQueue: Sendable {
    /// The descriptor, to wait on with ``waitUntilReady(_:milliseconds:)``.
    public var descriptor: FileDescriptor { _read { yield box.descriptor } }
    private let box: FileDescriptorBox

    /// Blocks all signals and queues them here.
    ///
    /// - Throws: ``SystemCallError``.
    public init() throws(SystemCallError) {
        Signals.blockAll()
        var mask = UInt64.max
        let result = withUnsafePointer(to: &mask) {
            linux_syscall(Int(LINUX_SYS_signalfd4), -1, word($0), 8, Int(O_CLOEXEC | O_NONBLOCK), 0, 0)
        }
        box = FileDescriptorBox(FileDescriptor(owning: Int32(try checked("signalfd") { result })))
    }

    /// Takes the next signal.
    ///
    /// - Returns: Its number, and the process that sent it (0 for the kernel); nil where none waits.
    /// - Throws: ``SystemCallError``.
    public func next() throws(SystemCallError) -> (signal: Int32, sender: UInt32)? {
        do throws(SystemCallError) {
            let bytes = try descriptor.read(upTo: 128)  // struct signalfd_siginfo
            guard bytes.count == 128 else { return nil }
            let sender = bytes.withUnsafeBytes { $0.load(fromByteOffset: 12, as: UInt32.self) }
            return (Int32(bytes[0]), sender)
        } catch  where error.errno == .wouldBlock {
            return nil
        }
    }
}
