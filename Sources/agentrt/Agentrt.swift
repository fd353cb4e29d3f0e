internal import ContainerRuntime
internal import LinuxSystem

/// The program: reads the global options, dispatches the verb directly, and turns an error into one line and a status.
@main
struct Agentrt {
    static func main() {
        // Descriptors 0 to 2 that a careless caller left closed would be taken by files of the runtime's own.
        var log = Log()
        do {
            let global = try GlobalOptions(try processArguments().dropFirst())
            log = global.log
            try global.checkSupported()
            endProcess(try Verb.run(global))
        } catch let error as RuntimeError {
            log.error(error.description)
            endProcess(error.exitStatus)
        } catch {
            log.error("\(error)")
            endProcess(1)
        }
    }
}
