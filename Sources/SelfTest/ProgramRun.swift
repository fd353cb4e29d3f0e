public import LinuxSystem

/// A run of this very program with other words, its output kept.
public struct ProgramRun {
    /// How it ended; nil where it did not, and was killed.
    public let end: ProcessEnd?
    /// Standard output, of which no more than is of interest.
    public let output: String
    /// Standard error.
    public let errors: String

    private static let limit = 64 * 1024
    private static let patience: Int64 = 30_000_000_000

    /// Runs the program.
    ///
    /// - Parameters:
    ///   - words: Its arguments.
    ///   - directory: Its working directory.
    ///   - environment: Its variables.
    /// - Throws: ``SystemCallError`` where it cannot be started.
    public init(_ words: [String], in directory: String, environment: [String]) throws(SystemCallError) {
        let path = CStringBlock(["/proc/self/exe"])
        let arguments = CStringBlock(["agentrt"] + words)
        let variables = CStringBlock(environment)
        let input = try openFile("/dev/null", .readOnly)
        let (output, outputEnd) = try FrameSocket.pipe()
        let (errors, errorsEnd) = try FrameSocket.pipe()
        switch try cloneProcess([]) {
        case .child:
            do throws(SystemCallError) {
                try changeDirectory(directory)
                try input.duplicate(onto: 0)
                try outputEnd.descriptor.duplicate(onto: 1)
                try errorsEnd.descriptor.duplicate(onto: 2)
                try setParentDeathSignal(Signals.kill)
            } catch {
                endProcess(127)
            }
            _ = execute(path, arguments, variables)
            endProcess(127)
        case .parent(_, let process):
            outputEnd.close()
            errorsEnd.close()
            (end, self.output, self.errors) = try Self.attend(process, output, errors)
        }
    }

    private static func attend(
        _ process: ProcessHandle, _ output: PipeEnd, _ errors: PipeEnd
    ) throws(SystemCallError) -> (ProcessEnd?, String, String) {
        let deadline = bootTime() + patience
        var texts: [[UInt8]] = [[], []]
        var isOpen = [true, true]
        while isOpen[0] || isOpen[1] {
            let left = (deadline - bootTime()) / 1_000_000
            if left <= 0 {
                try process.send(signal: Signals.kill)
                _ = try process.waitForEnd()
                return (nil, text(texts[0]), text(texts[1]))
            }
            let ready = try waitUntilReady(
                [isOpen[0] ? output.descriptor.rawValue : -1, isOpen[1] ? errors.descriptor.rawValue : -1],
                milliseconds: left)
            for (index, pipe) in [output, errors].enumerated() where ready[index] {
                let bytes = try pipe.descriptor.read(upTo: 4096)
                if bytes.isEmpty { isOpen[index] = false }
                if texts[index].count < limit { texts[index] += bytes }
            }
        }
        return (try process.waitForEnd(), text(texts[0]), text(texts[1]))
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// The last line of standard error, which says why.
    public var message: String {
        errors.split(separator: "\n").last.map(String.init) ?? ""
    }

    /// What the probe found; nil where it never came to its attempt.
    var finding: Attempt.Finding? {
        let lines = output.split(separator: "\n")
        if let line = lines.last(where: { $0.hasPrefix("succeeded\t") }) {
            return .succeeded(String(line.dropFirst("succeeded\t".count)))
        }
        guard lines.first.map({ $0 == Probe.beginning }) ?? false else { return nil }
        if let line = lines.first(where: { $0.hasPrefix("refused\t") }) {
            return .refused(String(line.dropFirst("refused\t".count)))
        }
        // It became another program, which has failed, or the kernel has ended it.
        guard let end else { return nil }
        let badSystemCall: Int32 = 31
        if end == .exited(128 + badSystemCall) || end == .signalled(badSystemCall) { return .refused("SIGSYS") }
        return .refused(message.isEmpty ? "ended with status \(end.shellStatus)" : message)
    }
}
