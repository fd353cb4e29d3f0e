internal import LinuxSystem

/// A policy that cannot become a bundle on this host, and why: one line, in lower case and without a full stop.
public struct PlanError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The place in the profile that asks for it, such as `allowedExecutables[2]`; empty where no single place does.
    public let origin: String
    /// What is wrong, and where possible what to write instead.
    public let message: String

    /// An error about a place in the profile.
    ///
    /// - Parameters:
    ///   - message: What is wrong.
    ///   - origin: The place, or empty.
    public init(_ message: String, origin: String = "") {
        self.message = message
        self.origin = origin
    }

    /// A failed system call while the plan is made.
    init(_ error: SystemCallError, origin: String = "") { self.init(error.description, origin: origin) }

    /// The same error, put down to a place in the profile where it has none yet.
    func attributed(to origin: String) -> PlanError {
        self.origin.isEmpty ? PlanError(message, origin: origin) : self
    }

    /// `origin: message`.
    public var description: String { origin.isEmpty ? message : "\(origin): \(message)" }
}
