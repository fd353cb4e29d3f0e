internal import CLinux
internal import Glibc

/// Interrupts calls that wait, again and again while it runs (setitimer(2), SIGALRM): for those that must not wait, and
/// of which another process can see to it that they do.
enum InterruptTimer {
    /// How often, in microseconds.
    private static let interval = 10_000

    /// Has calls that wait fail with EINTR from now on.
    ///
    /// - Throws: ``SystemCallError``.
    static func start() throws(SystemCallError) {
        var action = sigaction()
        // Without SA_RESTART; it does nothing but interrupt.
        action.__sigaction_handler.sa_handler = { _ in }
        try check("sigaction", sigaction(SIGALRM, &action, nil))
        try setBlocked(false)
        try set(interval)
    }

    /// Ends it.
    ///
    /// - Throws: ``SystemCallError``.
    static func stop() throws(SystemCallError) {
        try set(0)
        try setBlocked(true)
    }

    private static func set(_ microseconds: Int) throws(SystemCallError) {
        let time = timeval(tv_sec: 0, tv_usec: microseconds)
        var timer = itimerval(it_interval: time, it_value: time)
        try check("setitimer", setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil))
    }

    /// Who takes signals from a queue has them blocked.
    private static func setBlocked(_ isBlocked: Bool) throws(SystemCallError) {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGALRM)
        try check("sigprocmask", sigprocmask(isBlocked ? SIG_BLOCK : SIG_UNBLOCK, &signals, nil))
    }

    private static func check(_ call: String, _ result: Int32) throws(SystemCallError) {
        if result != 0 { throw SystemCallError(call: call, errno: Errno(rawValue: errno)) }
    }
}
