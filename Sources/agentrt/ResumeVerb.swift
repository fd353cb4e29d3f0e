internal import ContainerRuntime

/// `resume ID`: lets a paused container go on.
enum ResumeVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(global.verbArguments, options: [])
        try arguments.container(global, verb: "resume").resume()
        return 0
    }
}
