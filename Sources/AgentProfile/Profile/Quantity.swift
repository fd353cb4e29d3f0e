internal import JSON

/// Reads amounts: memory, processors, processes, time.
public enum Quantity {
    /// Less memory than this starts nothing: most likely a unit was forgotten.
    static let leastMemory: UInt64 = 1 << 20
    /// The most processes that a kernel has (PID_MAX_LIMIT).
    static let mostPids: UInt64 = 1 << 22
    /// The most processors that are taken for meant.
    static let mostCPUs = 65_536.0

    private static let memoryUnits: [(name: String, factor: UInt64)] = [
        ("B", 1), ("kB", 1000), ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
        ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40),
    ]
    private static let timeUnits: [(name: String, factor: UInt64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// Bytes: a whole number, or a number with a unit.
    static func bytes(_ json: JSONValue, at place: Place) throws(ProfileProblem) -> UInt64 {
        switch json.content {
        case .string(let text):
            return try amount(text, memoryUnits, units: "MiB, GiB, MB or GB (as in \"512MiB\")", at: place)
        case .integer, .unsigned: return try whole(json, at: place)
        default: throw json.notOf(kind: "a whole number of bytes or a text like \"512MiB\"", at: place)
        }
    }

    /// Bytes of memory, enough to start something.
    static func memory(_ json: JSONValue, at place: Place) throws(ProfileProblem) -> UInt64 {
        let bytes = try bytes(json, at: place)
        if bytes < leastMemory {
            throw ProfileProblem("\(bytes) bytes are too few to start anything: say at least \"1MiB\"", at: place)
        }
        return bytes
    }

    /// Thousandths of a processor: a number.
    static func milliCPUs(_ json: JSONValue, at place: Place) throws(ProfileProblem) -> UInt64 {
        let number: Double
        switch json.content {
        case .integer(let value): number = Double(value)
        case .unsigned(let value): number = Double(value)
        case .real(let value): number = value
        default: throw json.notOf(kind: "a number of processors", at: place)
        }
        guard number > 0 else { throw ProfileProblem("must be above 0", at: place) }
        guard number >= 0.01 else { throw ProfileProblem("must be at least 0.01: the kernel knows no less", at: place) }
        guard number <= mostCPUs else { throw ProfileProblem("must be at most \(Int(mostCPUs))", at: place) }
        return UInt64((number * 1000).rounded())
    }

    /// Processes: a whole number.
    static func pids(_ json: JSONValue, at place: Place) throws(ProfileProblem) -> UInt64 {
        guard case .integer = json.content else {
            if case .unsigned = json.content { throw ProfileProblem("must be at most \(mostPids)", at: place) }
            throw json.notOf(kind: "a whole number of processes", at: place)
        }
        let number = try whole(json, at: place)
        guard number <= mostPids else { throw ProfileProblem("must be at most \(mostPids)", at: place) }
        guard number > 1 else {
            throw ProfileProblem("1 is too few: one process waits for the command, say at least 2", at: place)
        }
        return number
    }

    /// Milliseconds: a whole number of seconds, or a number with a unit.
    static func time(_ json: JSONValue, at place: Place) throws(ProfileProblem) -> UInt64 {
        switch json.content {
        case .string(let text):
            return try amount(text, timeUnits, units: "ms, s, m, h or d (as in \"30m\")", at: place)
        case .integer, .unsigned:
            let (milliseconds, overflow) = try whole(json, at: place).multipliedReportingOverflow(by: 1000)
            guard !overflow, milliseconds <= UInt64(Int64.max) else { throw tooLarge(place) }
            return milliseconds
        default: throw json.notOf(kind: "whole seconds or a text like \"30m\"", at: place)
        }
    }

    private static func whole(_ json: JSONValue, at place: Place) throws(ProfileProblem) -> UInt64 {
        guard case .integer(let number) = json.content else { throw tooLarge(place) }
        guard number > 0 else { throw ProfileProblem("must be above 0", at: place) }
        return UInt64(number)
    }

    /// `NUMBER[.FRACTION][ ]UNIT`, rounded down to a whole of the smallest unit.
    private static func amount(
        _ text: String, _ units: [(name: String, factor: UInt64)], units list: String, at place: Place
    ) throws(ProfileProblem) -> UInt64 {
        func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
        if text.utf8.first == UInt8(ascii: "-") { throw ProfileProblem("must be above 0", at: place) }
        var rest = text.utf8[...]
        let digits = rest.prefix(while: isDigit)
        rest = rest.dropFirst(digits.count)
        var fraction = rest.prefix(0)
        if rest.first == UInt8(ascii: ".") {
            fraction = rest.dropFirst().prefix(while: isDigit)
            rest = rest.dropFirst(1 + fraction.count)
            if fraction.isEmpty || fraction.count > 9 { throw unreadable(text, list, place) }
        }
        if rest.first == UInt8(ascii: " ") { rest = rest.dropFirst() }
        guard !digits.isEmpty else { throw unreadable(text, list, place) }
        if rest.isEmpty { throw ProfileProblem("\(quotedOnOneLine(text)) has no unit: say \(list)", at: place) }
        guard let unit = units.first(where: { $0.name.utf8.elementsEqual(rest) }) else {
            let name = quotedOnOneLine(String(Substring(rest)))
            throw ProfileProblem("unknown unit \(name): say \(list)", at: place)
        }
        guard let whole = UInt64(String(Substring(digits))) else { throw tooLarge(place) }
        var scale: UInt64 = 1
        for _ in fraction { scale *= 10 }
        let part = UInt64(String(Substring(fraction))) ?? 0
        let product = unit.factor.multipliedFullWidth(by: part)
        let (scaled, overflow) = whole.multipliedReportingOverflow(by: unit.factor)
        let (sum, carry) = scaled.addingReportingOverflow(scale.dividingFullWidth(product).quotient)
        guard !overflow, !carry, sum <= UInt64(Int64.max) else { throw tooLarge(place) }
        guard sum > 0 else { throw ProfileProblem("must be above 0", at: place) }
        return sum
    }

    private static func unreadable(_ text: String, _ list: String, _ place: Place) -> ProfileProblem {
        ProfileProblem("\(quotedOnOneLine(text)) is not a number with a unit: say \(list)", at: place)
    }

    private static func tooLarge(_ place: Place) -> ProfileProblem { ProfileProblem("too large", at: place) }
}
