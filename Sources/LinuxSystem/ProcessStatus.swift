/// What the kernel says of a process in `/proc/PID/stat` (proc_pid_stat(5)).
public struct ProcessStatus: Equatable, Sendable {
    /// The state's letter: `R` running, `Z` ended but not reaped, `X` dead.
    public let state: Character
    /// The process that it is a child of; 0 where that is outside.
    public let parent: Int32
    /// When it started, in clock ticks since boot.
    public let startTime: UInt64

    /// Whether the process has ended, reaped or not.
    public var hasEnded: Bool { state == "Z" || state == "X" }

    /// Asks the kernel.
    ///
    /// - Parameter pid: The process.
    /// - Returns: Its status, or nil where there is no such process.
    /// - Throws: ``SystemCallError``.
    public static func of(_ pid: Int32) throws(SystemCallError) -> ProcessStatus? {
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes = try readFile("/proc/\(pid)/stat", limit: 4096)
        } catch  where error.errno == .noSuchFile || error.errno == .noSuchProcess {
            return nil
        }
        // The name, field 2, stands in parentheses and may hold any byte; the rest follows the last one.
        guard let end = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        // Field 3 is the state, field 4 the parent, field 22 the start.
        var (field, state, parent, startTime) = (2, UInt8(0), Int32(0), UInt64(0))
        for byte in bytes[(end + 1)...] {
            switch (byte, field) {
            case (UInt8(ascii: " "), _): field += 1
            case (_, 3): state = byte
            case (UInt8(ascii: "0")...UInt8(ascii: "9"), 4): parent = parent &* 10 &+ Int32(byte - UInt8(ascii: "0"))
            case (UInt8(ascii: "0")...UInt8(ascii: "9"), 22):
                startTime = startTime &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
            default: break
            }
        }
        guard field > 22, state != 0 else { return nil }
        return ProcessStatus(state: Character(Unicode.Scalar(state)), parent: parent, startTime: startTime)
    }
}
