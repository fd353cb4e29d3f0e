internal import ContainerRuntime
internal import JSON

/// `ps [--format table|json] ID [PS-OPTION…]`: the container's processes.
enum PsVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        // What follows the id is for ps(1).
        let arguments = try Arguments(
            global.verbArguments, options: [.value("format", "f")], stopsAtPositional: true)
        let words = arguments.positional + (arguments.command ?? [])
        guard let id = words.first else {
            throw UsageError("\"ps\" takes a container id, and options of ps(1) after it")
        }
        let container = Container(id: try ContainerID(id), root: global.root, report: global.log.note)
        switch arguments["format"] ?? "table" {
        case "json":
            guard words.count == 1 else { throw UsageError("options of ps(1) do not go with --format json") }
            return Output.print(JSONWriter.string(try container.processes().json) + "\n")
        case "table":
            return Output.print(
                try ProcessTable.text(of: container.processes(), options: Array(words.dropFirst())))
        case let format: throw UsageError("--format is \"\(format)\", not table or json")
        }
    }
}
