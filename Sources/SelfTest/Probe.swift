public import LinuxSystem

/// What runs in the sandbox: the program itself, under another name, told by its command line which attempt to make.
public enum Probe {
    /// The verb by which the program is told to be the probe.
    public static let verb = "selftest-probe"
    /// The line that says that the attempt was reached: without it a failure to start would look like a refusal.
    static let beginning = "begun"

    /// Makes an attempt and tells how it ended, on standard output: a line `refused` or `succeeded`, a tab, and why.
    ///
    /// - Parameter words: The attempt's name, and the words of its surroundings.
    /// - Returns: The exit status.
    /// - Throws: ``SystemCallError`` where it cannot tell.
    public static func run(_ words: [String]) throws(SystemCallError) -> Int32 {
        guard let name = words.first else { return 2 }
        // As the payload that should not have been executed, or as the interpreter of such a script.
        if name == "payload" || name.contains("/") { return try say("succeeded\tran") }
        guard let surroundings = Surroundings(Array(words.dropFirst())),
            let attempt = Attempt.all.first(where: { $0.name == name })
        else { return 2 }
        _ = try say(beginning)
        switch attempt.make(surroundings) {
        case .refused(let why): return try say("refused\t\(why)")
        case .succeeded(let what): return try say("succeeded\t\(what)")
        }
    }

    private static func say(_ line: String) throws(SystemCallError) -> Int32 {
        try UnownedDescriptor(1).write(Array((line + "\n").utf8))
        return 0
    }
}
