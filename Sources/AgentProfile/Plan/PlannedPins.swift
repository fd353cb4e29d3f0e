internal import LinuxSystem
internal import OCISpec

extension FilePins {
    /// What the files were of which a plan was made, for the runtime to compare (decision 0049).
    ///
    /// Pinned is what is mounted from the host and what may be executed. Content counts where it is code: of executables
    /// and of every file with a mount of its own from which code may be loaded.
    ///
    /// - Parameters:
    ///   - mounts: The mounts of the sandbox.
    ///   - executables: What may be executed.
    ///   - files: The host, as the plan saw it.
    /// - Throws: ``PlanError``.
    init(_ mounts: [PlannedMount], executables: Set<PathKey>, files: HostFiles) throws(PlanError) {
        self.init()
        var known: Set<PathKey> = []
        for mount in mounts.map(\.mount) where mount.type == "bind" {
            // A mask is the bundle's own.
            guard let source = mount.source, source.utf8.first == UInt8(ascii: "/") else { continue }
            let key = PathKey(source)
            guard known.insert(key).inserted else { continue }
            let isCode = executables.contains(key) || !mount.options.contains("noexec")
            try add(source, pinsContent: isCode, files)
        }
        for executable in executables.sorted() where !known.contains(executable) {
            try add(executable.path, pinsContent: true, files)
        }
    }

    private mutating func add(_ path: String, pinsContent: Bool, _ files: HostFiles) throws(PlanError) {
        // A directory that is made when the call starts is not there yet.
        guard let status = try files.status(path) else { return }
        add(FilePin(status, pinsContent: pinsContent), at: path)
    }
}

extension BundlePlan {
    /// Makes the plan one that is kept by whoever asked for it, and used later: with digests of the files whose content
    /// counts, and with what it was asked for by.
    ///
    /// - Parameter request: What the plan was asked for by.
    /// - Throws: ``PlanError`` where a file is not what it was when the plan was made.
    public mutating func makeLasting(for request: PlanRequest) throws(PlanError) {
        do throws(FilePins.Failure) {
            try pins.addDigests { path throws(SystemCallError) in
                try openFile(path, [.readOnly, .noFollow, .nonBlocking])
            }
        } catch {
            throw PlanError("\(quoted(error.path)) \(error.reason)")
        }
        spec.annotations[Annotations.pins] = pins.text
        spec.annotations[Annotations.profile] = request.annotation
    }
}
