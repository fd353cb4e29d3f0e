internal import AgentProfile
internal import ContainerRuntime
internal import JSON
internal import OCISpec

/// `list [--sessions] [--format table|json] [--quiet]`
enum ListVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(
            global.verbArguments, options: [.value("format", "f"), .flag("quiet", "q"), .flag("sessions")])
        guard arguments.positional.isEmpty, arguments.command == nil else {
            throw UsageError("\"list\" takes no arguments")
        }
        if arguments.has("sessions") { return try listSessions(global, arguments) }
        if arguments.has("quiet") {
            return Output.print(try global.root.containerIDs().map { "\($0)\n" }.joined())
        }
        // One whose record is damaged does not hide the others.
        let containers = try global.root.containers { id, error in global.log.note("\(id): \(error)") }
        return try print(
            arguments, json: containers.map(\.json), ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"],
            containers.map { container in
                let state = container.state
                return [
                    state.id, "\(state.pid ?? 0)", state.status.rawValue, state.bundle,
                    Timestamp.rfc3339(nanoseconds: container.created), "\(container.owner)",
                ]
            })
    }

    private static func listSessions(_ global: GlobalOptions, _ arguments: Arguments) throws -> Int32 {
        let sessions = try global.root.sessions()
        if arguments.has("quiet") { return Output.print(sessions.map { "\($0.name)\n" }.joined()) }
        return try print(
            arguments, json: sessions.map(\.json), ["SESSION", "CALLS", "PROCESSES", "MEMORY", "LIMIT"],
            sessions.map { session in
                [session.name, "\(session.calls.count)", "\(session.processes)"]
                    + [session.memory, session.memoryLimit].map { amount in
                        amount.map(Quantity.memoryText) ?? "-"
                    }
            })
    }

    private static func print(
        _ arguments: Arguments, json: [JSONValue], _ heads: [String], _ rows: [[String]]
    ) throws -> Int32 {
        switch arguments["format"] ?? "table" {
        case "json": return Output.print(JSONWriter.string(JSONValue(.array(json))) + "\n")
        case "table": return Output.print(table([heads] + rows))
        case let format: throw UsageError("--format is \"\(format)\", not table or json")
        }
    }

    private static func table(_ rows: [[String]]) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                // The last column ends the line.
                let padding = column == row.count - 1 ? 0 : widths[column] - cell.count + 2
                line += String(repeating: " ", count: padding)
            }
            return line + "\n"
        }.joined()
    }
}

extension SessionDetails {
    fileprivate var json: JSONValue {
        var object = JSONObject()
        object.encode("name", name)
        object.encode("calls", calls)
        object.encode("processes", Int64(processes))
        object.encode("memoryBytes", memory)
        object.encode("memoryLimitBytes", memoryLimit)
        return object.json
    }
}
