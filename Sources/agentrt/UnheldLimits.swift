internal import ContainerRuntime
internal import JSON

/// What `--allow-degraded` costs: the limits that no control group holds, told in a line each, and in the report.
final class UnheldLimits {
    private let names: LimitNames
    private let note: (String) -> Void
    private var limits: [(place: String, limit: UnheldLimit)] = []

    /// Nothing yet.
    ///
    /// - Parameters:
    ///   - names: The places of limits where the user wrote them.
    ///   - note: Tells a line.
    init(_ names: LimitNames, note: @escaping (String) -> Void) {
        self.names = names
        self.note = note
    }

    /// Takes one down, and tells what is lost; a profile's limit on memory, which is one on swap too, once.
    func add(_ limit: UnheldLimit) {
        let place = names.places[limit.origin] ?? limit.origin
        if limits.contains(where: { $0.place == place && $0.limit.held == limit.held }) { return }
        limits.append((place, limit))
        let by = limit.resourceLimit.map { " (\($0))" } ?? ""
        switch limit.held {
        case .nothing: note("not enforced: \(place): \(limit.reason)")
        case .eachProcess: note("not enforced: \(place), but for each process by itself\(by): \(limit.reason)")
        case .eachCall: note("not enforced: \(place), but for each call by itself\(by): \(limit.reason)")
        case .whole: break
        }
    }

    /// The list for the report.
    var json: [JSONValue] {
        limits.map { place, limit in
            var object = JSONObject()
            object.encode("limit", place)
            object.encode("held", limit.held.rawValue)
            object.encode("by", limit.resourceLimit)
            object.encode("reason", limit.reason)
            return object.json
        }
    }
}
