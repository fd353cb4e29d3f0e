internal import ContainerRuntime
internal import LinuxSystem

/// The program: reads the global options, dispatches the verb directly, and turns an error into one line and a status.
@main
struct Agentrt {
    static func main() {
        var log = Log()
        do {
            try openStandardDescriptors()
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

    /// Opens /dev/null for descriptors 0 to 2 that a careless caller left closed: they would be taken by files of the
    /// runtime's own, which the program would then be given as its standard input and output.
    private static func openStandardDescriptors() throws(SystemCallError) {
        for number in Int32(0)...2 where !UnownedDescriptor(number).isOpen {
            // The lowest number that is free, so this one.
            let null = try openFile("/dev/null", .readWrite)
            try null.setCloseOnExec(false)
            _ = null.release()
        }
    }
}
