internal import LinuxSystem

/// Builds a sandbox's file system in namespaces of its own, for calls to come: the part of ``InitProcess`` that they have
/// in common.
///
/// The process that builds ends when it has; whoever holds the namespaces by descriptor keeps them.
struct WarmTree {
    let plan: InitPlan
    let prepared: PreparedTrees

    /// Plans the file system of a bundle.
    ///
    /// - Parameters:
    ///   - bundle: The bundle.
    ///   - root: Where compiled filters are kept.
    /// - Throws: ``RuntimeError`` where calls cannot share it.
    init(_ bundle: Bundle, in root: StateRoot) throws(RuntimeError) {
        plan = try InitPlan(bundle.spec, bundle: bundle.path, stateRoot: root, staysAttached: true)
        if let obstacle = plan.obstacleToSharing { throw RuntimeError("warm: \(obstacle)") }
        prepared = try PreparedTrees(for: plan)
    }

    /// Builds it.
    ///
    /// - Returns: The namespaces it stands in.
    /// - Throws: ``RuntimeError`` in this process, whichever it was that failed.
    func build() throws(RuntimeError) -> WarmNamespaces {
        let (ownNumber, builderNumber) = try during("socketpair") { try FrameSocket.pair() }
        let own = FrameSocket(FileDescriptor(owning: ownNumber))
        let builderEnd = FileDescriptorBox(FileDescriptor(owning: builderNumber))
        let (pid, process) = try Birth(plan: plan).make(into: nil) {
            _ = FileDescriptor(owning: ownNumber)
            run(FrameSocket(FileDescriptor(owning: builderNumber)))
        }
        withExtendedLifetime(builderEnd) {}
        _ = consume builderEnd
        let answer: (bytes: [UInt8], descriptors: [FileDescriptorBox])?
        do throws(RuntimeError) {
            if plan.newNamespaces.contains(.user) {
                try IDMaps(uidMappings: plan.uidMappings, gidMappings: plan.gidMappings).write(of: pid)
                try own.send(.proceed)
            }
            answer = try during("warm") { try own.receive() }
        } catch {
            try during("warm") { try process.send(signal: Signals.kill) }
            _ = try during("warm") { try process.waitForEnd() }
            throw error
        }
        _ = try during("warm") { try process.waitForEnd() }
        guard let answer else { throw RuntimeError("warm: the process that builds the file system died") }
        if let namespaces = WarmNamespaces(answer.bytes, answer.descriptors) { return namespaces }
        guard case .failed(_, let message) = InitMessage(frame: answer.bytes) else {
            throw RuntimeError("warm: an answer that is none")
        }
        throw RuntimeError(message)
    }

    // MARK: The process that builds

    private func run(_ channel: FrameSocket) -> Never {
        do throws(RuntimeError) {
            let namespaces = try raise(channel)
            try during("warm") { try namespaces.send(over: channel) }
            endProcess(0)
        } catch {
            // If even this cannot be told, the keeper sees the socket close without an answer.
            _ = try? channel.send(.failed(status: error.exitStatus, message: error.description))
            endProcess(1)
        }
    }

    private func raise(_ channel: FrameSocket) throws(RuntimeError) -> WarmNamespaces {
        try during("parent-death signal") { try setParentDeathSignal(Signals.kill) }
        if plan.newNamespaces.contains(.user) { try channel.awaitProceed() }
        try ProgramStart(
            process: plan.process, annotations: plan.annotations, hasUserNamespace: plan.hasUserNamespace,
            uidMappings: plan.uidMappings, gidMappings: plan.gidMappings, preservedDescriptors: 0,
            listeningDescriptors: 0
        ).becomeRootOfUserNamespace()
        try plan.settleNewNamespaces()
        let namespaces = WarmNamespaces(
            mount: try open("mnt"), network: plan.newNamespaces.contains(.network) ? try open("net") : nil,
            user: plan.newNamespaces.contains(.user) ? try open("user") : nil)
        var rootFilesystem = try RootFilesystem(plan, prepared: prepared)
        try rootFilesystem.buildForSharing(prepared: prepared)
        try rootFilesystem.enter()
        return namespaces
    }

    private func open(_ name: String) throws(RuntimeError) -> FileDescriptorBox {
        try during("warm") { () throws(SystemCallError) in
            FileDescriptorBox(try openFile("/proc/self/ns/" + name, .readOnly))
        }
    }
}
