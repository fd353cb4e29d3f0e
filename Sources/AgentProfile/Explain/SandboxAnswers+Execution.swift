internal import LinuxSystem

extension SandboxAnswers {
    /// The kernel goes through at most this many interpreters of scripts (BINPRM_MAX_RECURSION, 4) before it gives up.
    private static let deepestScript = 5

    /// Whether execve(2) would succeed.
    func execute(_ path: String, depth: Int = 0) -> Verdict {
        switch tree.way(path) {
        case .refused(let place, let error):
            var verdict = blocked(place, error, asked: path, list: .readOnly)
            if place.isDenied { verdict.remedy = executableRemedy(path) }
            return verdict
        case .missing(_, let missing): return absentProgram(missing)
        case .place(let place, _):
            if place.kind == .nothing { return absentProgram(place.path) }
            return execute(place, depth: depth)
        }
    }

    private func execute(_ place: SandboxTree.Place, depth: Int) -> Verdict {
        let path = place.path
        if place.isDenied {
            var verdict = denied(place, asked: path, .readOnly)
            verdict.remedy = "take it from deniedPaths, and \(executableRemedy(path))"
            return verdict
        }
        guard place.kind == .file else {
            return .no(.kernel, "EACCES", rule(of: place), "it is no regular file")
        }
        guard let level = place.level, place.isHosts else {
            return .no(
                .mount, "EACCES", Verdict.everySandbox,
                place.isKernels ? "/proc is mounted noexec" : "nothing that is made for the sandbox can be executed")
        }
        guard tree.permits(.search, place) else { return notPermitted(place, "execute") }
        let rule = rule(of: place)
        guard level.isLoadable else {
            let isWritable = level.access == .writable
            return .no(
                .mount, "EACCES", rule,
                "mounted noexec\(with(level, path))" + (isWritable ? ": what can be written cannot be executed" : ""),
                remedy: executableRemedy(path))
        }
        guard parts.programs.inventory.permitsExecution(of: path) else {
            return .no(
                .landlock, "EACCES", rule, "it may be loaded as a library, not executed (\(level.reason))",
                remedy: executableRemedy(path))
        }
        if files.mountFlags(path).contains(.noExec) {
            return .no(.mount, "EACCES", rule, "its file system is mounted noexec on the host")
        }
        return loadable(path, rule, level, depth: depth)
    }

    /// What the kernel needs beside the file: the interpreter of a script, the loader of a program.
    private func loadable(_ path: String, _ rule: String, _ level: MountPlan.Level, depth: Int) -> Verdict {
        let listed = parts.programs.programs.first { $0.file.isSamePath(as: path) }
        let origin = listed?.origin ?? rule
        let yes = Verdict.yes(
            .landlock, origin, listed == nil ? level.reason : "listed, mounted read-only without noexec")
        let needed: String
        do throws(ExecutableContent.Refusal) {
            switch try ExecutableContent(of: files.hostPath(path)) {
            case .script(let interpreter, _):
                needed =
                    interpreter.utf8.first == UInt8(ascii: "/")
                    ? interpreter : policy.projectDirectory + "/" + interpreter
            case .program:
                // What the plan cannot read, it did not list.
                guard let object = try? parts.programs.closure.object(at: path), let loader = object.file.interpreter
                else { return yes }
                needed = loader
            }
        } catch {
            return .no(.kernel, "ENOEXEC", origin, "it \(error.reason)")
        }
        guard depth < Self.deepestScript else {
            return .no(.kernel, "ELOOP", origin, "too many scripts run one another")
        }
        var verdict = execute(needed, depth: depth + 1)
        if verdict.isPermitted { return yes }
        verdict.reason = "it is run by \(quoted(needed)): \(verdict.reason)"
        return verdict
    }

    private func absentProgram(_ path: String) -> Verdict {
        var verdict = absent(path, .readOnly)
        verdict.error = "ENOENT"
        if verdict.remedy != nil { verdict.remedy = executableRemedy(path) }
        return verdict
    }

    private func executableRemedy(_ path: String) -> String { "add \(remedyPath(path)) to allowedExecutables" }
}
