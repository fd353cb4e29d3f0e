public import JSON

/// What became of an attempt.
public struct AttemptResult: JSONEncodable, Sendable {
    /// How an attempt ended.
    enum Outcome: Sendable {
        /// The sandbox refused it.
        case refused(String)
        /// It is permitted, and succeeded.
        case permitted(String)
        /// It succeeded, and must not have.
        case wentThrough(String)
        /// What is permitted failed, or the attempt was never reached.
        case broken(String)
        /// This machine lacks what it needs.
        case notMade(String)
    }

    private let attempt: Attempt
    private let outcome: Outcome
    /// Whether the same succeeds outside; nil where that was not tried.
    private let outside: Bool?

    init(_ attempt: Attempt, _ outcome: Outcome, outside: Bool? = nil) {
        self.attempt = attempt
        self.outcome = outcome
        self.outside = outside
    }

    /// Whether it is as it must be.
    public var isGood: Bool {
        switch outcome {
        case .refused: !provesNothing
        case .permitted, .notMade: true
        case .wentThrough, .broken: false
        }
    }

    /// Whether it was made at all.
    public var wasMade: Bool {
        if case .notMade = outcome { return false }
        return true
    }

    /// Whether it is something that the sandbox permits.
    public var isPermitted: Bool { attempt.layer == .nothing }

    /// Whether it is refused without a sandbox too, where it should succeed.
    private var provesNothing: Bool { attempt.control == .mustSucceed && outside == false }

    private var words: (result: String, detail: String) {
        switch outcome {
        case .refused(let why): provesNothing ? ("proves nothing", "refused outside too: \(why)") : ("refused", why)
        case .permitted(let what): ("permitted", what)
        case .wentThrough(let what): ("WENT THROUGH", what)
        case .broken(let why): ("DOES NOT WORK", why)
        case .notMade(let why): ("not made", why)
        }
    }

    /// The head of the table.
    public static let head = row("attempt", "stopped by", "result", "outside", "detail")

    /// The row of the table.
    public var row: String {
        let outside = outside.map { $0 ? "succeeds" : "refused" } ?? "-"
        return Self.row(attempt.name, attempt.layer.rawValue, words.result, outside, words.detail)
    }

    private static func row(
        _ name: String, _ layer: String, _ result: String, _ outside: String, _ detail: String
    ) -> String {
        // Bytes of programs' messages are not for a terminal.
        let text = String(detail.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "?" : Character($0) })
        return padded(name, 34) + padded(layer, 17) + padded(result, 15) + padded(outside, 10) + text
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    /// The entry of `--json`; spec/cli.md has its members.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("name", attempt.name)
        object.encode("layer", isPermitted ? nil : attempt.layer.rawValue)
        object.encode("result", result)
        object.encode("detail", words.detail)
        object.encode("outside", outside.map { $0 ? "succeeded" : "refused" })
        return object.json
    }

    private var result: String {
        switch outcome {
        case .refused: provesNothing ? "provesNothing" : "refused"
        case .permitted: "permitted"
        case .wentThrough: "wentThrough"
        case .broken: "broken"
        case .notMade: "notMade"
        }
    }
}
