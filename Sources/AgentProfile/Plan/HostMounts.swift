/// The mounts this program sees, by their mount points (proc_pid_mountinfo(5)).
final class HostMounts {
    private let mountPoints: [String]
    /// What was asked and answered: a plan that is kept holds only while the answers would be the same.
    private(set) var answers: [String: Bool] = [:]

    /// Reads the mounts.
    ///
    /// - Parameter files: The host; one without procfs has no mounts.
    /// - Throws: ``PlanError``.
    init(_ files: HostFiles) throws(PlanError) {
        guard let bytes = try files.contents("/proc/self/mountinfo") else {
            mountPoints = []
            return
        }
        mountPoints = bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
            return fields.count > 4 ? Self.unescaped(fields[4]) : nil
        }
    }

    /// Whether something is mounted below a directory.
    func hasMount(below directory: String) -> Bool {
        let answer = mountPoints.contains { $0.isPath(below: directory) }
        answers[directory] = answer
        return answer
    }

    /// The text with `\040` and the like replaced by what they stand for.
    private static func unescaped(_ text: ArraySlice<UInt8>) -> String {
        var result: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            guard byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            else {
                result.append(byte)
                continue
            }
            result.append(value)
            rest = rest.dropFirst(3)
        }
        return String(decoding: result, as: UTF8.self)
    }
}
