/// A bundle for calls of one kind, as whoever has planned it hands it to a ``WarmKeeper``.
public struct WarmBundle {
    let bundle: Bundle
    /// What keeps its files in place.
    private let use: Any
    /// Whether what it was planned from is as it was, for a caller with these variables.
    let isCurrent: (_ environment: (String) -> String?) -> Bool
    /// Makes a sandbox of it that waits for a call, runs the call, and tells ``StandbyCall/finish(status:message:)``; it has
    /// a process to itself.
    let run: (StandbyCall) -> Void

    /// A bundle; see the properties.
    ///
    /// - Parameters:
    ///   - bundle: The bundle.
    ///   - use: What keeps its files in place, for as long as this is held.
    ///   - isCurrent: Asked at each call.
    ///   - run: Called in a child of the keeper, which ends when it returns.
    public init(
        _ bundle: Bundle, use: Any, isCurrent: @escaping (_ environment: (String) -> String?) -> Bool,
        run: @escaping (StandbyCall) -> Void
    ) {
        (self.bundle, self.use, self.isCurrent, self.run) = (bundle, use, isCurrent, run)
    }
}
