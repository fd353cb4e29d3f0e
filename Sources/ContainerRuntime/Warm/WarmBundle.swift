public import LinuxSystem

/// A bundle for calls of one kind, as whoever has planned it hands it to a ``WarmKeeper``.
public struct WarmBundle {
    let bundle: Bundle
    /// What keeps its files in place.
    private let use: Any
    /// What it was planned from.
    let inputs: InputJournal
    /// Makes a sandbox of it that waits for a call, runs the call, and tells ``StandbyCall/finish(status:message:)``; it has
    /// a process to itself.
    let run: (StandbyCall) -> Void

    /// A bundle; see the properties.
    ///
    /// - Parameters:
    ///   - bundle: The bundle.
    ///   - use: What keeps its files in place, for as long as this is held.
    ///   - inputs: Looked at again at each call.
    ///   - run: Called in a child of the keeper, which ends when it returns.
    public init(_ bundle: Bundle, use: Any, inputs: InputJournal, run: @escaping (StandbyCall) -> Void) {
        (self.bundle, self.use, self.inputs, self.run) = (bundle, use, inputs, run)
    }
}
