internal import ContainerRuntime
internal import LinuxSystem

/// `kill [--all] ID [SIGNAL]`
enum KillVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(global.verbArguments, options: [.flag("all", "a")])
        guard (1...2).contains(arguments.positional.count), arguments.command == nil else {
            throw UsageError("\"kill\" takes a container id and a signal")
        }
        let name = arguments.positional.count > 1 ? arguments.positional[1] : "TERM"
        // 0 sends nothing and says whether it could (kill(2)).
        guard let signal = name == "0" ? 0 : Signals.number(name) else {
            throw UsageError("unknown signal \"\(name)\"")
        }
        try Container(id: try ContainerID(arguments.positional[0]), root: global.root, report: global.log.note)
            .kill(signal: signal, all: arguments.has("all"))
        return 0
    }
}
