internal import LinuxSystem
internal import OCISpec

/// The last steps of every process that becomes a program of the container, the first one or one that `exec` adds.
///
/// Runs inside the container's namespaces, with the container's root as its own.
struct ProgramStart {
    var process: ProcessPlan
    let annotations: RuntimeAnnotations
    /// Whether the container has its own user namespace, new or joined.
    let hasUserNamespace: Bool
    let uidMappings: [IDMapping]
    let gidMappings: [IDMapping]
    /// Whether setgroups(2) is denied in the user namespace (user_namespaces(7)).
    var deniesGroups = false
    /// How many descriptors from 3 on the program keeps.
    let preservedDescriptors: Int32
    /// How many of these are sockets to accept on.
    let listeningDescriptors: Int32
    /// How the runtime is told of the program's calls; nil where nobody asked.
    var watch: CallWatchEnd?

    /// Whether the container is a sandbox, of which the executables are listed.
    var isSandbox: Bool { annotations.executablePaths != nil }

    // MARK: First

    /// A sandbox gets no file by descriptor: it lies on a mount of the host (``StreamRelay``).
    func refuseFiles() throws(RuntimeError) {
        guard isSandbox else { return }
        for number in 0..<(3 + preservedDescriptors) {
            let kind = try during("descriptor \(number)") { try UnownedDescriptor(number).status() }.kind
            guard StreamRelay.isUnsafe(kind) else { continue }
            throw RuntimeError(
                "descriptor \(number) is a file or directory of the host, which a sandbox could open anew: pass a pipe")
        }
    }

    /// In another user namespace this process is nobody until it takes an id that is mapped.
    func becomeRootOfUserNamespace() throws(RuntimeError) {
        guard hasUserNamespace else { return }
        let mapsRoot = uidMappings.contains { $0.containerID == 0 } && gidMappings.contains { $0.containerID == 0 }
        guard mapsRoot || uidMappings.isEmpty else { return }
        try during("user namespace") { try setCredentials(uid: 0, gid: 0, groups: nil) }
    }

    /// Leaves the caller's session keyring.
    func joinKeyring() throws(RuntimeError) {
        do throws(SystemCallError) {
            try joinNewSessionKeyring()
        } catch  where error.errno == .notImplemented {
            return  // No keyrings in this kernel, so none to keep apart.
        } catch {
            throw RuntimeError("session keyring: \(error)")
        }
    }

    // MARK: Then

    /// Goes to the working directory and finds the program.
    ///
    /// - Returns: The program's path.
    /// - Throws: ``RuntimeError`` in the words that engines look for.
    func enterWorkingDirectory() throws(RuntimeError) -> String {
        try during("process.cwd") { try changeDirectory(process.workingDirectory) }
        // A directory outside the root, reached through a leaked descriptor, has no path (CVE-2024-21626).
        let directory = try during("process.cwd") { try workingDirectory() }
        guard directory.hasPrefix("/") else {
            throw RuntimeError("process.cwd: \(quoted(process.workingDirectory)) lies outside the root file system")
        }
        return try ExecutableLookup.path(of: process.arguments[0], search: process.variable("PATH"))
    }

    // MARK: The end of the runtime's rights

    /// Gives the runtime's rights up and becomes the program.
    ///
    /// - Parameters:
    ///   - executable: The program's path.
    ///   - diesWithRuntime: Whether it ends when the runtime does.
    ///   - streamsCome: Whether the standard streams are there only after `awaitGo`, as the user may have them: nothing
    ///     is left to do then but to execute the program.
    ///   - giveUpRights: Applies what it is given, in this process or in the one that goes on.
    ///   - awaitGo: Says that nothing else can fail, and waits for what must be waited for; returns the arguments where
    ///     they are not the plan's.
    /// - Throws: ``RuntimeError``; otherwise it never returns.
    func execute(
        _ executable: String, diesWithRuntime: Bool, streamsCome: Bool = false,
        giveUpRights: (PrivilegeDrop) throws(RuntimeError) -> Void, awaitGo: () throws(RuntimeError) -> [String]?
    ) throws(RuntimeError) -> Never {
        let executableBlock = CStringBlock([executable])
        var variables = environment()
        if !streamsCome { try replaceDevices() }
        let rules = try executionRules()
        if !streamsCome { try StandardStreams.give([0, 1, 2], uid: process.uid, gid: process.gid) }
        if !diesWithRuntime { try during("parent-death signal") { try setParentDeathSignal(0) } }
        try giveUpRights(
            PrivilegeDrop(
                process: process, setsGroups: setsGroups(), diesWithRuntime: diesWithRuntime,
                filtersFollow: process.seccomp != nil || isSandbox))
        // With fs.suid_dumpable the change of user has made it dumpable (prctl(2)); the memory is the runtime's until exec.
        try during("PR_SET_DUMPABLE") { try setDumpable(false) }
        if listeningDescriptors > 0 {
            // Only now: beside a reaping init this is another process than before (sd_listen_fds(3)).
            variables.removeAll { $0.hasPrefix("LISTEN_FDS=") || $0.hasPrefix("LISTEN_PID=") }
            variables += ["LISTEN_FDS=\(listeningDescriptors)", "LISTEN_PID=\(currentProcessID())"]
        }
        let environmentBlock = CStringBlock(variables)
        try during("descriptors") { try closeOnExec(from: 3 + preservedDescriptors) }
        if !streamsCome { _ = try awaitGo() }
        if annotations.deniesWriteExecuteMemory {
            try during("annotations.dev.agentrt.denyWriteExecuteMemory") { try denyWriteExecuteMemory() }
        }
        // Once more: whoever shares the root file system had time to exchange the program since it was found.
        try ExecutableLookup.refuseOwnImage(executable, process.arguments[0], isLast: true)

        switch rules {
        case .some(let rules):
            try during("landlock") { () throws(SystemCallError) in
                if annotations.writablePaths != nil, !streamsCome {
                    for number in 0..<(3 + preservedDescriptors) {
                        try rules.permitWriting(UnownedDescriptor(number))
                    }
                }
                try rules.enforce()
            }
        case .none: break
        }
        // First: the bundle's own filter may not let a process have a listener. What it refuses nobody is told of.
        try watch?.install()
        if let filter = process.seccomp { _ = try during("linux.seccomp") { try filter.install() } }
        var arguments = process.argumentBlock
        if streamsCome, let words = try awaitGo() { arguments = CStringBlock(words) }
        // Nothing else stands between the filter and the exec.
        let errno = LinuxSystem.execute(executableBlock, arguments, environmentBlock)
        throw RuntimeError(
            "exec \(quoted(process.arguments[0])): \(errno)", exitStatus: errno == .noSuchFile ? 127 : 126)
    }

    /// Devices that are the same wherever they are, by their minor number with the driver 1 (devices.txt).
    private static let memoryDevices: [UInt32: String] = [3: "null", 5: "zero", 7: "full", 8: "random", 9: "urandom"]

    /// Puts a sandbox's own /dev/null and its like in place of the host's among its descriptors: their owner could change
    /// mode and times of the host's by descriptor, whatever the mounts are.
    private func replaceDevices() throws(RuntimeError) {
        guard isSandbox else { return }
        for number in 0..<(3 + preservedDescriptors) {
            let stream = UnownedDescriptor(number)
            try during("descriptor \(number)") { () throws(SystemCallError) in
                let status = try stream.status()
                guard status.kind == .characterDevice, status.deviceNode.major == 1,
                    let name = Self.memoryDevices[status.deviceNode.minor]
                else { return }
                let own = try openFile("/dev/" + name, try stream.isOpenForWriting() ? .readWrite : .readOnly)
                guard try own.status().deviceNode == status.deviceNode else {
                    throw SystemCallError(call: "open", object: "\"/dev/\(name)\"", errno: .noSuchDeviceOrAddress)
                }
                try own.duplicate(onto: number)
            }
        }
    }

    /// The container's environment, with HOME where the bundle gives none or an empty one, as other runtimes have it.
    func environment() -> [String] {
        let home = process.variable("HOME")
        guard home?.isEmpty ?? true else { return process.environment }
        let others = home == nil ? process.environment : process.environment.filter { $0 != "HOME=" }
        return others + ["HOME=" + homeDirectory()]
    }

    /// The user's home of the container's /etc/passwd, or `/`.
    private func homeDirectory() -> String {
        // A container without the file, or with one that is no text, gives its user no home: `/` stands for that.
        guard let bytes = try? Self.users() else { return "/" }
        for line in bytes.split(separator: 10) {
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard fields.count > 5, String(decoding: fields[2], as: UTF8.self) == "\(process.uid)" else { continue }
            let home = String(decoding: fields[5], as: UTF8.self)
            return home.hasPrefix("/") ? home : "/"
        }
        return "/"
    }

    /// The container's /etc/passwd, as far as it is a file: whoever made the root file system may have put a FIFO there,
    /// a device, or something without an end (CVE-2026-47262).
    private static func users() throws(SystemCallError) -> [UInt8] {
        let file = try openFile("/etc/passwd", [.readOnly, .nonBlocking, .noControllingTerminal])
        guard try file.status().kind == .regular else { return [] }
        return try file.readAll(limit: 1 << 20)
    }

    /// Whether setgroups(2) is asked for and permitted here; where it is not permitted, nobody may ask for groups.
    private func setsGroups() -> Bool {
        if annotations.keepsGroups, process.additionalGroups.isEmpty { return false }
        guard hasUserNamespace, process.additionalGroups.isEmpty else { return true }
        return !deniesGroups && (uidMappings + gidMappings).contains { $0.size > 1 }
    }

    /// The Landlock rule set of the annotation, with a rule for each path that is there.
    private func executionRules() throws(RuntimeError) -> ExecutionRuleSet? {
        guard let paths = annotations.executablePaths else { return nil }
        let what = "annotations.dev.agentrt.landlock"
        let rules = try during(what) { try ExecutionRuleSet(governsWriting: annotations.writablePaths != nil) }
        try during(what) { try rules.permitRenames(below: openFile("/", .path)) }
        try during(what) { try permitWriting(rules) }
        for path in paths {
            let file = try annotations.opening(path, what) { () throws(SystemCallError) in try openFile(path, .path) }
            if annotations.pins != nil {
                try annotations.check(path, try during(what) { try file.status() }) { () throws(SystemCallError) in
                    try openFile(path, [.readOnly, .nonBlocking])
                }
            }
            try during(what) { try rules.permit(file) }
        }
        return rules
    }

    /// Permits to write what the annotation names.
    private func permitWriting(_ rules: borrowing ExecutionRuleSet) throws(SystemCallError) {
        guard let paths = annotations.writablePaths else { return }
        let root = try openFile("/", [.path, .directory])
        for path in paths {
            do throws(SystemCallError) {
                // Another program of the container may have put a link in its way meanwhile.
                try rules.permitWriting(openFile(path, below: root, .path, resolve: [.noSymlinks]))
            } catch  where [.noSuchFile, .tooManyLinks, .notDirectory].contains(error.errno) {
                continue  // What is not there cannot be written.
            }
        }
    }
}
