internal import ContainerRuntime
internal import JSON

/// `events [--interval TIME] [--stats] ID`: what a container uses and runs into, a JSON object a line.
enum EventsVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(global.verbArguments, options: [.value("interval"), .flag("stats")])
        let container = try arguments.container(global, verb: "events")
        let interval = arguments["interval"] ?? "5s"
        guard let milliseconds = Self.milliseconds(interval), milliseconds > 0 else {
            throw UsageError("--interval: \"\(interval)\" is no time above 0, such as 500ms, 5s or 1m")
        }
        if arguments.has("stats") {
            return Output.print(line("stats", container, try container.statistics()))
        }
        var status: Int32 = 0
        try container.watch(every: milliseconds) { event in
            switch event {
            case .statistics(let figures): status = Output.print(line("stats", container, figures))
            case .outOfMemory: status = Output.print(line("oom", container, nil))
            }
            return status == 0
        }
        return status
    }

    private static func line(_ type: String, _ container: Container, _ figures: JSONValue?) -> String {
        var event = JSONObject()
        event.append("type", type.json)
        event.append("id", container.id.description.json)
        event.encode("data", figures)
        return JSONWriter.string(event) + "\n"
    }

    /// A whole number with a unit, as Go writes durations.
    private static func milliseconds(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isNumber }
        guard let number = Int64(digits), number < 1 << 40 else { return nil }
        switch text.dropFirst(digits.count) {
        case "ms": return number
        case "s": return number * 1000
        case "m": return number * 60_000
        case "h": return number * 3_600_000
        default: return nil
        }
    }
}
