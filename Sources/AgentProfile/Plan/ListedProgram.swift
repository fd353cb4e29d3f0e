internal import LinuxSystem

/// An executable that the profile lists, or that one of these lives by.
struct ListedProgram {
    /// What the kernel does with it.
    enum Form {
        /// It is loaded.
        case binary(LoadedObject)
        /// Its interpreter is started with it (execve(2), Interpreter scripts).
        case script(interpreter: String, argument: String?)
    }

    /// The path it is listed by.
    let path: String
    /// Its file, free of links.
    let file: String
    /// The links on the way.
    let links: [HostFiles.Link]
    /// What the kernel does with it.
    let form: Form
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
        let name = "\"\(path)\""
        guard resolved.status.kind == .regular else { throw PlanError("\(name) is not a file") }
        guard resolved.status.permissions & 0o111 != 0 else {
            throw PlanError("\(name) has no permission to be executed; chmod +x it")
        }
        if let object = try closure.object(at: file) {
            guard object.file.isProgram else {
                throw PlanError("\(name) is a library, not a program")
            }
            form = .binary(object)
            return
        }
        var bytes = ELFBytes(try files.open(file), size: resolved.status.size)
        let start = try bytes.start(upTo: 256, of: name)
        guard !start.starts(with: ELFFile.magic) else { throw Self.unloadable(&bytes, name, closure.machine) }
        guard let (interpreter, argument) = Self.interpreter(of: start) else {
            throw PlanError("\(name) is neither an ELF program nor a script: it starts with neither \\x7fELF nor #!")
        }
        form = .script(interpreter: interpreter, argument: argument)
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

    /// The interpreter of a script and its one argument, as the kernel reads them from the first 256 bytes.
    private static func interpreter(of start: [UInt8]) -> (String, String?)? {
        guard start.starts(with: "#!".utf8) else { return nil }
        let line = start.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") && $0 != 0 }
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let text = line.drop(while: isBlank)
        let interpreter = text.prefix { !isBlank($0) }
        guard !interpreter.isEmpty else { return nil }
        var argument = text.dropFirst(interpreter.count).drop(while: isBlank)
        while let last = argument.last, isBlank(last) { argument.removeLast() }
        return (
            String(decoding: interpreter, as: UTF8.self),
            argument.isEmpty ? nil : String(decoding: argument, as: UTF8.self)
        )
    }

    /// The programs that must be executable for this script to start: its interpreter, and what env(1) is to start.
    var interpreters: [String] {
        guard case .script(let interpreter, let argument) = form else { return [] }
        guard interpreter.lastComponent.isSamePath(as: "env"), let argument else { return [interpreter] }
        // env takes the rest of the line as one word, unless its option -S splits it.
        var words = argument.utf8.split(separator: UInt8(ascii: " ")).map { String(Substring($0)) }
        if words.first == "-S" || words.first == "--split-string" { words.removeFirst() }
        while let first = words.first, first.utf8.contains(UInt8(ascii: "=")) || first.utf8.first == UInt8(ascii: "-") {
            words.removeFirst()
        }
        return words.first.map { [interpreter, $0] } ?? [interpreter]
    }
}

extension ELFBytes {
    /// The first bytes of the file, fewer where it is shorter.
    fileprivate mutating func start(upTo count: Int, of name: String) throws(PlanError) -> [UInt8] {
        do throws(ELFFile.Failure) {
            return try bytes(at: 0, count: min(count, length), "its start")
        } catch {
            throw PlanError("\(name) \(error.message)")
        }
    }
}
