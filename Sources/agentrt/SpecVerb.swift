internal import JSON
internal import LinuxSystem
internal import OCISpec

/// `spec [--rootless] [--bundle DIR]`: writes an example config.json.
enum SpecVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(
            global.verbArguments, options: [.flag("rootless"), .value("bundle", "b"), .value("config", "f")])
        guard arguments.positional.isEmpty, arguments.command == nil else {
            throw UsageError("\"spec\" takes no arguments")
        }
        let path = arguments["config"] ?? (arguments["bundle"] ?? ".") + "/config.json"
        let spec =
            Spec.example(rootless: arguments.has("rootless") ? (effectiveUserID(), effectiveGroupID()) : nil)
        // Never over a file that is there.
        try openFile(path, [.writeOnly, .create, .exclusive], mode: 0o644)
            .write(JSONWriter.bytes(spec, layout: .indented))
        return 0
    }
}
