internal import ContainerRuntime

/// `start ID`
enum StartVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(global.verbArguments, options: [])
        try arguments.container(global, verb: "start").start(notifySocket: CreateVerb.notifySocket)
        return 0
    }
}
