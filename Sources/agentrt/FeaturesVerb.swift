internal import ContainerRuntime
internal import JSON
internal import OCISpec

/// `features`: what the runtime can do (runtime-spec features.md).
enum FeaturesVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(global.verbArguments, options: [])
        guard arguments.positional.isEmpty, arguments.command == nil else {
            throw UsageError("\"features\" takes no arguments")
        }
        let features = try Features.ofRuntime(version: HelpText.versionNumber)
        return Output.print(JSONWriter.string(features, layout: .indented))
    }
}
