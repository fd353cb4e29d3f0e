internal import LinuxSystem

extension PolicyResolver {
    /// The entries of `allowedExecutables`, looked at one by one.
    mutating func executables(_ entries: [Profile.PathEntry]) throws(ProfileProblem) -> [ResolvedExecutable] {
        var executables: [ResolvedExecutable] = []
        var indices = PathMap<Int>()
        for entry in entries {
            for executable in try self.executables(of: entry) {
                if let index = indices[executable.path] {
                    let isOptional = executables[index].rule.isOptional && executable.rule.isOptional
                    executables[index].rule.isOptional = isOptional
                } else {
                    indices[executable.path] = executables.count
                    executables.append(executable)
                }
            }
        }
        return executables
    }

    private func executables(of entry: Profile.PathEntry) throws(ProfileProblem) -> [ResolvedExecutable] {
        let pattern = try PathPattern(entry, template: template)
        if let path = pattern.literalPath { return [try executable(entry, path, pattern)] }
        var executables: [ResolvedExecutable] = []
        for path in try PathExpansion(pattern, at: entry.place).matches {
            if let executable = try match(entry, path, pattern) { executables.append(executable) }
        }
        if executables.isEmpty, !entry.isOptional {
            throw ProfileProblem(
                "\(quotedOnOneLine(entry.text)) matches nothing that can be executed: \(Self.optionalHint)",
                at: entry.place)
        }
        return executables
    }

    private func executable(
        _ entry: Profile.PathEntry, _ path: String, _ pattern: PathPattern
    ) throws(ProfileProblem) -> ResolvedExecutable {
        var executable = try resolvedExecutable(entry, path)
        let name = quotedOnOneLine(path)
        func problem(_ message: String) -> ProfileProblem { ProfileProblem(message, at: entry.place) }

        if executable.realPath == "/" { throw problem("\(name) is the whole file system: name what is meant") }
        if let reserved = Self.reservedDirectory(of: [path, executable.realPath], access: .readOnly) {
            throw problem("\(name) lies in \(reserved), which every sandbox has of its own: leave it out")
        }
        switch executable.resolved.kind {
        case nil where entry.isOptional: return executable
        case nil: throw problem("\(name) does not exist: \(missingHint(path))")
        case .directory: return executable
        case _ where pattern.mustBeDirectory: throw problem("\(name) is not a directory, as the slash at its end says")
        case .regular: break
        default: throw problem("\(name) is neither a file nor a directory")
        }
        guard try isExecutable(executable, entry) else {
            throw problem("\(name) may not be executed: no x bit; \"chmod +x\" sets it")
        }
        do throws(ExecutableContent.Refusal) {
            executable.content = try ExecutableContent(of: executable.realPath)
        } catch {
            throw problem("\(name) \(error.reason)")
        }
        return executable
    }

    /// What a wildcard found, where the kernel would execute it, or a directory where `*/` asks for one.
    private func match(
        _ entry: Profile.PathEntry, _ path: String, _ pattern: PathPattern
    ) throws(ProfileProblem) -> ResolvedExecutable? {
        var executable = try resolvedExecutable(entry, path)
        executable.pattern = entry.text
        executable.rule.isOptional = true
        if Self.reservedDirectory(of: [path, executable.realPath], access: .readOnly) != nil { return nil }
        if pattern.mustBeDirectory { return executable.isDirectory && executable.realPath != "/" ? executable : nil }
        guard executable.resolved.kind == .regular, try isExecutable(executable, entry) else { return nil }
        do throws(ExecutableContent.Refusal) {
            executable.content = try ExecutableContent(of: executable.realPath)
        } catch {
            return nil
        }
        return executable
    }

    private func resolvedExecutable(
        _ entry: Profile.PathEntry, _ path: String
    ) throws(ProfileProblem) -> ResolvedExecutable {
        ResolvedExecutable(
            rule: Policy.ExecutableRule(path: path, isOptional: entry.isOptional, origin: entry.place.path),
            place: entry.place, resolved: try Self.resolved(path, at: entry.place))
    }

    private func isExecutable(
        _ executable: ResolvedExecutable, _ entry: Profile.PathEntry
    ) throws(ProfileProblem) -> Bool {
        do throws(SystemCallError) {
            guard let status = try fileStatus(executable.realPath) else { return false }
            return status.permissions & 0o111 != 0
        } catch {
            throw ProfileProblem("\(error)", at: entry.place)
        }
    }

    /// Most often a program is missing because it lies in another directory on this host.
    private func missingHint(_ path: String) -> String {
        let name = lastComponent(of: path)
        if let found = searched(name) { return "\(quotedOnOneLine(name)) is at \(quotedOnOneLine(found)) here" }
        return Self.optionalHint
    }

    /// Where programs are looked for, for suggestions.
    func searched(_ name: String) -> String? {
        for directory in ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"] {
            let path = directory + "/" + name
            // A suggestion only: what cannot be looked at is not suggested.
            if let status = try? fileStatus(path), status.kind == .regular { return path }
        }
        return nil
    }

    // MARK: Interpreters

    /// Sees to it that every listed script can start: its interpreter is there and listed too.
    ///
    /// - Parameter executables: All executables.
    /// - Returns: The links that the interpreters' names lead through.
    /// - Throws: ``ProfileProblem`` with the first script that cannot start.
    mutating func requireInterpreters(_ executables: [ResolvedExecutable]) throws(ProfileProblem) -> [Policy.Link] {
        var links: [Policy.Link] = []
        var stuck: [(pattern: String, place: Place, script: String, count: Int)] = []
        for executable in executables {
            guard case .script(let interpreter, let argument) = executable.content else { continue }
            do throws(ProfileProblem) {
                links += try self.links(to: interpreter, argument, of: executable, executables)
            } catch {
                guard let pattern = executable.pattern else { throw error }
                if let index = stuck.firstIndex(where: { $0.place == executable.place }) {
                    stuck[index].count += 1
                } else {
                    stuck.append((pattern, executable.place, executable.path, 1))
                }
            }
        }
        for (pattern, place, script, count) in stuck {
            note(
                place,
                "\(count) of the scripts that \(quotedOnOneLine(pattern)) finds cannot start, "
                    + "their interpreter is not listed: \(quotedOnOneLine(script)) is one")
        }
        return links
    }

    private func links(
        to interpreter: String, _ argument: String?, of script: ResolvedExecutable, _ listed: [ResolvedExecutable]
    ) throws(ProfileProblem) -> [Policy.Link] {
        let name = quotedOnOneLine(script.path)
        func problem(_ message: String) -> ProfileProblem { ProfileProblem(message, at: script.place) }

        guard interpreter.utf8.first == UInt8(ascii: "/") else {
            throw problem("\(name) is run by \(quotedOnOneLine(interpreter)): a relative path, which may be anything")
        }
        try ProfileObject.checkPath(interpreter, at: script.place)
        let resolved = try Self.resolved(interpreter, at: script.place)
        guard resolved.kind != nil, let first = resolved.names.first else {
            throw problem("\(name) is run by \(quotedOnOneLine(interpreter)), which does not exist")
        }
        guard listed.granting(first) != nil else {
            throw problem(
                "\(name) is run by \(quotedOnOneLine(interpreter)), which is not listed: "
                    + "add \(quotedOnOneLine(interpreter)) to allowedExecutables")
        }
        guard lastComponent(of: interpreter) == "env", let program = ExecutableContent.programOfEnv(argument) else {
            return resolved.links
        }
        let isListed = listed.contains { executable in
            executable.isDirectory
                ? (try? fileStatus(executable.realPath + "/" + program)) != nil
                : lastComponent(of: executable.path) == lastComponent(of: program)
        }
        guard isListed else {
            let path = searched(program)
            let advice = path.map { "add \(quotedOnOneLine($0))" } ?? "add its path"
            throw problem(
                "\(name) is run by \(quotedOnOneLine(program)) (through \(quotedOnOneLine(interpreter))), "
                    + "which is not listed: \(advice) to allowedExecutables")
        }
        return resolved.links
    }
}
