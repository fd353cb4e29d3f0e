internal import ContainerRuntime
internal import JSON
internal import OCISpec

/// `state ID`: the state as JSON, with `created` as runc has it.
enum StateVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(global.verbArguments, options: [])
        let details = try arguments.container(global, verb: "state").details()
        return Output.print(JSONWriter.string(details.json, layout: .indented))
    }
}

extension ContainerDetails {
    /// The state of the specification, with when and by whom the container was made.
    var json: JSONValue {
        guard case .object(var object) = state.json.content else { return state.json }
        object.encode("created", Timestamp.rfc3339(nanoseconds: created))
        object.encode("owner", "\(owner)")
        return object.json
    }
}
