internal import LinuxSystem

/// What a user is told when a verb fails: one line, in lower case and without a full stop.
public struct RuntimeError: Error, CustomStringConvertible, Sendable {
    /// The line.
    public let description: String
    /// The exit status that goes with it: 1, unless a shell has one of its own for the case (126, 127).
    public let exitStatus: Int32

    /// An error.
    ///
    /// - Parameters:
    ///   - description: The line.
    ///   - exitStatus: The exit status that goes with it.
    public init(_ description: String, exitStatus: Int32 = 1) {
        self.description = description
        self.exitStatus = exitStatus
    }
}

/// Runs a step; a failure is told as `what: why`.
///
/// - Parameters:
///   - what: What was being done, made only when it fails.
///   - body: The step.
/// - Returns: What the step returns.
/// - Throws: ``RuntimeError``.
func during<Result: ~Copyable, Failure: Error>(
    _ what: @autoclosure () -> String, _ body: () throws(Failure) -> Result
) throws(RuntimeError) -> Result {
    do {
        return try body()
    } catch {
        throw RuntimeError("\(what()): \(error)", exitStatus: (error as? RuntimeError)?.exitStatus ?? 1)
    }
}
