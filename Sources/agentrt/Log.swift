internal import JSON
internal import LinuxSystem

/// Where errors and notes go: standard error, and the file that an engine names.
struct Log: Sendable {
    var path: String?
    var isJSON = false
    /// Whether lines that help to find out what happens are written too.
    var isDebugging = false

    /// One line about a failure.
    func error(_ message: String) { write("error", message) }

    /// One line that the user should know, nothing having failed.
    func note(_ message: String) { write("warning", message) }

    /// One line about how something was done.
    func debug(_ message: @autoclosure () -> String) { if isDebugging { write("debug", message()) } }

    private func write(_ level: String, _ message: String) {
        // Nearly every message; looking for line ends among all of Unicode takes longer than the rest.
        let isPlain = message.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
        let line = isPlain ? message : message.split(whereSeparator: \.isNewline).joined(separator: "; ")
        let kind = level == "error" ? "" : level == "debug" ? "debug: " : "note: "
        let plain = Array("agentrt: \(kind)\(line)\n".utf8)
        guard let path else {
            put(isJSON ? json(level, line) : plain, UnownedDescriptor(2))
            return
        }
        let entry = isJSON ? json(level, line) : text(level, line)
        // The engine reads the file; a person reads standard error.
        do throws(SystemCallError) {
            try openResultFile(path, appends: true).write(entry)
        } catch {
            put(Array("agentrt: log: \(error)\n".utf8), UnownedDescriptor(2))
        }
        put(plain, UnownedDescriptor(2))
    }

    private func put(_ bytes: [UInt8], _ descriptor: UnownedDescriptor) {
        // Where standard error is closed there is nobody left to tell.
        do { try descriptor.write(bytes) } catch { return }
    }

    /// runc's line: `{"level":"error","msg":"…","time":"…"}`.
    private func json(_ level: String, _ message: String) -> [UInt8] {
        var object = JSONObject()
        object.encode("level", level)
        object.encode("msg", message)
        object.encode("time", Timestamp.rfc3339(nanoseconds: wallClock()))
        return JSONWriter.bytes(object) + [10]
    }

    private func text(_ level: String, _ message: String) -> [UInt8] {
        Array(
            "time=\"\(Timestamp.rfc3339(nanoseconds: wallClock()))\" level=\(level) msg=\(JSONWriter.string(message))\n"
                .utf8)
    }
}

/// Points in time as RFC 3339 has them.
enum Timestamp {
    /// `2026-11-23T21:30:00.123456789Z`.
    ///
    /// - Parameter nanoseconds: Since 1970, UTC.
    /// - Returns: The text.
    static func rfc3339(nanoseconds: Int64) -> String {
        let seconds = nanoseconds / 1_000_000_000
        let fraction = nanoseconds % 1_000_000_000
        let time = seconds % 86_400
        // The civil calendar from days since 1970, counted in eras of 400 years that begin in March.
        let days = seconds / 86_400 + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
            + "\(padded(time / 3600, 2)):\(padded(time / 60 % 60, 2)):\(padded(time % 60, 2)).\(padded(fraction, 9))Z"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
