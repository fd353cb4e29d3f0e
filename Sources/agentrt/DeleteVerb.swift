internal import ContainerRuntime

/// `delete [--force] ID`
enum DeleteVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(global.verbArguments, options: [.flag("force", "f")])
        try arguments.container(global, verb: "delete").delete(force: arguments.has("force"))
        return 0
    }
}
