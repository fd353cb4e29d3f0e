internal import LinuxSystem

/// An executable that the profile lists, or that one of these lives by.
struct ListedProgram {
    /// The path it is listed by.
    let path: String
    /// Its file, free of links.
    let file: String
    /// The links on the way.
    let links: [HostFiles.Link]
    /// What is loaded; nil for a script, which its interpreter reads.
    let object: LoadedObject?
    /// The place in the profile that lists it.
    let origin: String
    /// Why it is there.
    let reason: String

    /// Reads the file that a path leads to.
    ///
    /// - Parameters:
    ///   - path: The path it is listed by.
    ///   - resolved: Where that leads.
    ///   - origin: The place in the profile.
    ///   - reason: Why it is there.
    ///   - closure: Reads ELF files.
    ///   - files: Where it is.
    /// - Throws: ``PlanError`` where the kernel would not run it.
    init(
        path: String, resolved: HostFiles.Resolved, origin: String, reason: String, closure: LibraryClosure,
        files: HostFiles
    ) throws(PlanError) {
        self.path = path
        self.origin = origin
        self.reason = reason
        file = resolved.path
        links = resolved.links
        let name = quoted(path)
        guard resolved.status.kind == .regular else { throw PlanError("\(name) is not a file") }
        object = try closure.object(at: file)
        if let object {
            guard object.file.isProgram else { throw PlanError("\(name) is a library, not a program") }
            return
        }
        var bytes = ELFBytes(try files.open(file), size: resolved.status.size)
        if bytes.isELF { throw Self.unloadable(&bytes, name, closure.machine) }
    }

    /// Why an ELF file is no program for this machine.
    private static func unloadable(_ bytes: inout ELFBytes, _ name: String, _ machine: ELFFile.Machine) -> PlanError {
        do throws(ELFFile.Failure) {
            let file = try ELFFile(&bytes)
            return PlanError("\(name) is made for \(file.machine), this machine is \(machine)")
        } catch {
            return PlanError("\(name) \(error.message)")
        }
    }
}

extension ELFBytes {
    /// Whether the file begins as an ELF file does; one that cannot be read does not.
    fileprivate var isELF: Bool {
        mutating get { (try? bytes(at: 0, count: 4, "its start")) == ELFFile.magic }
    }
}
