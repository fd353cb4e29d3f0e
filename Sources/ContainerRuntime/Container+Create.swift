internal import LinuxSystem

extension Container {
    /// Makes the container from a bundle, up to the moment before its program (runtime-spec runtime.md, Create).
    ///
    /// - Parameters:
    ///   - bundle: The bundle.
    ///   - options: How.
    /// - Throws: ``RuntimeError``; then nothing of the container is left.
    public func create(_ bundle: Bundle, options: CreateOptions = CreateOptions()) throws(RuntimeError) {
        try makeCreated(bundle, options).end()
    }

    /// Makes the container, and leaves the call noted as unfinished.
    ///
    /// - Returns: The call, to be ended.
    func makeCreated(_ bundle: Bundle, _ options: CreateOptions) throws(RuntimeError) -> UnfinishedCall {
        do throws(RuntimeError) {
            let launch = try Launch(self, bundle: bundle, options: options, staysAttached: false)
            try launch.run()
            try launch.directory?.unlock()
            return launch.call
        } catch {
            // The status of a program that could not be executed is for who waits for the program.
            throw RuntimeError(error.description)
        }
    }
}
