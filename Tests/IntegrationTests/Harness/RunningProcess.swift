import Glibc

/// A program that a ``Command`` started; killed when the test lets go of it.
final class RunningProcess {
    let pid: pid_t
    /// The write end of standard input, where the command asked for a pipe.
    private(set) var input: Int32?

    private let words: [String]
    private let output: Int32
    private let errors: Int32
    private var outcome: Output?

    init(pid: pid_t, words: [String], output: Int32, errors: Int32, input: Int32?) {
        self.pid = pid
        self.words = words
        self.output = output
        self.errors = errors
        self.input = input
    }

    deinit {
        if outcome == nil { end() }
        closeInput()
        close(output)
        close(errors)
    }

    /// Asks it to end first: a runtime then takes down what it has made, which no later call would do for it, as its state
    /// goes with the test.
    private func end() {
        Glibc.kill(pid, SIGTERM)
        for _ in 0..<50 {
            if waitpid(pid, nil, WNOHANG) != 0 { return }
            usleep(10_000)
        }
        Glibc.kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    /// The end of standard input for the program.
    func closeInput() {
        if let input { close(input) }
        input = nil
    }

    func kill(_ signal: Int32) { Glibc.kill(pid, signal) }

    /// Standard output so far.
    var standardOutput: String { contents(output) }
    /// Standard error so far.
    var standardError: String { contents(errors) }

    /// Waits for the end; a program that takes too long is killed, and that is a failure.
    func wait(timeout seconds: Int = 30) throws -> Output {
        try eventually("the end of \(words.joined(separator: " "))", within: seconds) { poll() != nil }
        guard let outcome else { throw Failure("no outcome") }
        return outcome
    }

    /// How the program ended; nil while it runs.
    func poll() -> Output? {
        if let outcome { return outcome }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        let signal = status & 0x7F
        let result = Output(
            status: signal == 0 ? status >> 8 & 0xFF : 128 + signal, isSignaled: signal != 0,
            standardOutput: standardOutput, standardError: standardError, words: words)
        outcome = result
        return result
    }

    /// Waits until standard output holds a text.
    func waitForOutput(_ text: String, timeout seconds: Int = 30) throws {
        try eventually("\"\(text)\" in the output of \(words.joined(separator: " "))", within: seconds) {
            standardOutput.contains(text)
        }
    }

    private func contents(_ descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = pread(descriptor, &buffer, buffer.count, off_t(bytes.count))
            if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }
}

/// Waits for a condition. How long it takes is never what a test is about: the limit only ends a hang.
func eventually(_ what: String, within seconds: Int = 30, _ isSo: () throws -> Bool) throws {
    var waited: UInt32 = 0
    var step: UInt32 = 500
    while try !isSo() {
        if waited > UInt32(seconds) * 1_000_000 { throw Failure("waited \(seconds) s in vain for \(what)") }
        usleep(step)
        waited += step
        step = min(step * 2, 20_000)
    }
}
