internal import ContainerRuntime

/// `pause ID`: stops all processes of a container where they are.
enum PauseVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(global.verbArguments, options: [])
        try arguments.container(global, verb: "pause").pause()
        return 0
    }
}
