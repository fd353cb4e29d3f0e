internal import LinuxSystem

/// Process 1 of a container whose bundle asks for it: reaps orphans, passes signals on, keeps the time, and ends with
/// the program's status.
///
/// The program is its child, so that for it abort(3), SIGTERM and orphans behave as outside. Nothing in the container
/// can look into this process (it is not dumpable) or stop it (it is process 1 of its namespace).
struct ReapingInit {
    let channel: FrameSocket
    /// The longest time the program may run, in milliseconds.
    let wallTime: Int64?
    /// What counts up when the program begins, which has waited for its call; nil where it did not wait.
    var beginning: EventCounter?

    /// The exit status that says that the time was up, as timeout(1) has it.
    static let timeoutStatus: Int32 = 124

    /// Waits for the program and ends as it does.
    func run(program: Int32, handle: ProcessHandle, signals: SignalQueue) -> Never {
        do {
            endProcess(try wait(program: program, handle: handle, signals: signals))
        } catch {
            endProcess(1)  // The namespace ends with this process: nothing is left running.
        }
    }

    /// Whether nothing else is left in the namespace, so that its end can be told before this process has ended.
    private func isAlone() throws(SystemCallError) -> Bool {
        guard beginning != nil else { return false }
        do throws(SystemCallError) {
            while try reapAnyChild(blocks: false) != nil {}
        } catch  where error.errno == .noChild {}
        return try !otherProcessesExist()
    }

    private func wait(
        program: Int32, handle: ProcessHandle, signals: SignalQueue
    ) throws(SystemCallError) -> Int32 {
        var waits = beginning != nil
        var deadline = !waits ? wallTime.map { bootTime() + $0 * 1_000_000 } : nil
        while true {
            let left = deadline.map { max(0, ($0 - bootTime() + 999_999) / 1_000_000) }
            let ready = try waitUntilReady(
                [signals.descriptor.rawValue, waits ? beginning?.rawValue ?? -1 : -1], milliseconds: left)
            if ready[1] {
                waits = false
                // What is done once keeps no end waiting: the pages are there, the types are made.
                _ = (try otherProcessesExist(), InitMessage.endedAlone(.exited(0)).frame)
                deadline = wallTime.map { bootTime() + $0 * 1_000_000 }
            }
            while let (signal, _) = try signals.next() {
                guard signal != Signals.child else { continue }
                do throws(SystemCallError) {
                    try handle.send(signal: signal)
                } catch  where error.errno == .noSuchProcess {
                    continue  // It has ended: it is reaped below.
                }
            }
            while let (pid, end) = try reapAnyChild(blocks: false) {
                guard pid == program else { continue }
                let isAlone = try isAlone()
                // A runtime that waits learns of a signal as such; without one the socket is closed, which is no harm.
                _ = try? channel.send(isAlone ? .endedAlone(end) : .ended(end))
                // The end of a process takes its time, which whoever waits for the program shall not wait for.
                if isAlone { _ = try waitUntilReady([channel.descriptor.rawValue], milliseconds: 100) }
                return end.shellStatus
            }
            if let deadline, bootTime() >= deadline { return Self.timeoutStatus }
        }
    }
}
