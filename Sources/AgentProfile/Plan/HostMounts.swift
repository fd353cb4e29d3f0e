/// The mounts this program sees, by their mount points (proc_pid_mountinfo(5)).
final class HostMounts {
    private let mountPoints: [String]
    /// What was asked and answered: a plan that is kept holds only while the answers would be the same.
    private(set) var answers: [String: Bool] = [:]

    /// Reads the mounts.
    ///
    /// - Parameter files: The host; one without procfs has no mounts.
    /// - Throws: ``PlanError``.
    convenience init(_ files: HostFiles) throws(PlanError) {
        self.init(text: try files.contents("/proc/self/mountinfo") ?? [])
    }

    /// The mounts of a text in the form of mountinfo, read byte by byte: this stands on the way of every call that finds
    /// a kept plan.
    init(text: [UInt8]) {
        var mountPoints: [String] = []
        var (field, start) = (0, 0)
        for (index, byte) in text.enumerated() where byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") {
            if field == 4 { mountPoints.append(Self.unescaped(text[start..<index])) }
            field = byte == UInt8(ascii: "\n") ? 0 : field + 1
            start = index + 1
        }
        self.mountPoints = mountPoints
    }

    /// Whether something is mounted below a directory.
    func hasMount(below directory: String) -> Bool {
        let answer = mountPoints.contains { $0.isPath(below: directory) }
        answers[directory] = answer
        return answer
    }

    /// The text with `\040` and the like replaced by what they stand for.
    private static func unescaped(_ text: ArraySlice<UInt8>) -> String {
        if !text.contains(UInt8(ascii: "\\")) { return String(decoding: text, as: UTF8.self) }
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
