internal import LinuxSystem

/// The table that ps(1) of the host prints, without the lines of other processes.
public enum ProcessTable {
    /// Runs ps and keeps its heading and the lines of some processes.
    ///
    /// - Parameters:
    ///   - processes: The ids of the processes.
    ///   - options: What ps is given; `-ef` where there are none.
    /// - Returns: The lines, each with its line feed.
    /// - Throws: ``RuntimeError`` where there is no ps, it fails, or the options leave out the column of ids.
    public static func text(of processes: [Int32], options: [String]) throws(RuntimeError) -> String {
        let table = try output(of: ["ps"] + (options.isEmpty ? ["-ef"] : options))
        guard let lines = lines(of: processes, in: table) else {
            throw RuntimeError("ps: its options leave out the column PID, by which lines are chosen")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// The heading, and the lines whose column `PID` has one of the ids; nil where there is no such column.
    static func lines(of processes: [Int32], in table: String) -> [Substring]? {
        let lines = table.split(separator: "\n")
        guard let heading = lines.first, let column = heading.split(separator: " ").firstIndex(of: "PID") else {
            return nil
        }
        let wanted = Set(processes)
        return [heading]
            + lines.dropFirst().filter { line in
                let fields = line.split(separator: " ", maxSplits: column + 1)
                return fields.indices.contains(column) && Int32(fields[column]).map(wanted.contains) == true
            }
    }

    private static func output(of words: [String]) throws(RuntimeError) -> String {
        let path = CStringBlock([try path(of: words[0])])
        let arguments = CStringBlock(words)
        let environment = CStringBlock(processEnvironment())
        let (output, outputEnd) = try during("pipe") { try FrameSocket.pipe() }
        switch try during("clone", { try cloneProcess([]) }) {
        case .child:
            do throws(SystemCallError) {
                try outputEnd.descriptor.duplicate(onto: 1)
                try outputEnd.descriptor.duplicate(onto: 2)
                try closeOnExec(from: 3)
            } catch {
                endProcess(127)
            }
            _ = execute(path, arguments, environment)
            endProcess(127)
        case .parent(_, let process):
            outputEnd.close()
            let bytes = try during("ps") { try output.descriptor.readAll(limit: 64 << 20) }
            let text = String(decoding: bytes, as: UTF8.self)
            let end = try during("ps") { try process.waitForEnd() }
            guard end == .exited(0) else {
                let why = text.split(separator: "\n").first.map { ": " + $0 } ?? ""
                throw RuntimeError("ps: status \(end.shellStatus)\(why)")
            }
            return text
        }
    }

    private static func path(of name: String) throws(RuntimeError) -> String {
        for directory in (processEnvironmentVariable("PATH") ?? "/usr/bin:/bin").split(separator: ":") {
            let path = directory + "/" + name
            if let status = try during(path, { try fileStatus(path) }), status.permissions & 0o111 != 0,
                status.kind == .regular
            {
                return path
            }
        }
        throw RuntimeError("ps: there is no such program in PATH; --format json needs none")
    }
}
