internal import ContainerRuntime
internal import JSON
internal import OCISpec

/// `list [--format table|json] [--quiet]`
enum ListVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(global.verbArguments, options: [.value("format", "f"), .flag("quiet", "q")])
        guard arguments.positional.isEmpty, arguments.command == nil else {
            throw UsageError("\"list\" takes no arguments")
        }
        if arguments.has("quiet") {
            return Output.print(try global.root.containerIDs().map { "\($0)\n" }.joined())
        }
        // One whose record is damaged does not hide the others.
        let containers = try global.root.containers { id, error in global.log.note("\(id): \(error)") }
        switch arguments["format"] ?? "table" {
        case "json": return Output.print(JSONWriter.string(JSONValue(.array(containers.map(\.json)))) + "\n")
        case "table": return Output.print(table(containers))
        case let format: throw UsageError("--format is \"\(format)\", not table or json")
        }
    }

    private static func table(_ containers: [ContainerDetails]) -> String {
        var rows = [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]]
        for container in containers {
            let state = container.state
            rows.append([
                state.id, "\(state.pid ?? 0)", state.status.rawValue, state.bundle,
                Timestamp.rfc3339(nanoseconds: container.created), "\(container.owner)",
            ])
        }
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
