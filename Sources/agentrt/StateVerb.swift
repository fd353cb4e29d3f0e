internal import ContainerRuntime
internal import JSON
internal import OCISpec

/// `state ID`: the state as JSON, with what runc and crun add to it.
enum StateVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(global.verbArguments, options: [])
        let details = try arguments.container(global, verb: "state").details()
        return Output.print(JSONWriter.string(details.json, layout: .indented))
    }
}

extension ContainerDetails {
    /// The state of the specification, with what runc and crun add to it, in their words.
    var json: JSONValue {
        guard case .object(var object) = state.json.content else { return state.json }
        object.encode("rootfs", rootfs)
        object.encode("created", Timestamp.rfc3339(nanoseconds: created))
        object.encode("systemd-scope", systemdScope)
        object.encode("owner", "\(owner)")
        return object.json
    }
}
