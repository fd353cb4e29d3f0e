internal import LinuxSystem
internal import NetworkRules
internal import OCISpec

/// What a profile permits, for people: values that stand in the plan, none worked out anew.
public struct Explanation: Sendable {
    /// A file or directory.
    public struct PathLine: Sendable {
        /// `read`, `write`, `denied`, or `own` for a directory in memory.
        public var access: String
        /// Where.
        public var path: String
        /// The place in the profile, or what is built in.
        public var rule: String
        /// Why it is there.
        public var reason: String
    }

    /// Something that may be executed.
    public struct ProgramLine: Sendable {
        /// The listed path.
        public var path: String
        /// The file that it leads to, where that is another one.
        public var file: String?
        /// The place in the profile.
        public var rule: String
        /// The interpreter of a script.
        public var interpreter: String?
        /// The program that loads it.
        public var loader: String?
        /// How many libraries it loads at its start.
        public var libraries: Int
        /// Private helper programs that come with it, which nothing else lists.
        public var helpers: [String]
    }

    /// Something with a name, a value and where it comes from.
    public struct Setting: Sendable {
        /// `memory`, `PATH`.
        public var name: String
        /// The value.
        public var value: String
        /// The place in the profile, or what is built in.
        public var rule: String
    }

    /// The agent and the tool, where they have names.
    public var agent: String?, tool: String?
    /// The project's directory.
    public var project: String
    /// The user that a tool runs as, in one line.
    public var user: String
    /// Files and directories, parents first. What programs load is not among them.
    public var paths: [PathLine] = []
    /// How many files are there because programs load them, or look something up in them.
    public var loadedFiles = 0
    /// What may be executed.
    public var programs: [ProgramLine] = []
    /// What of the network is reachable, a line each.
    public var network: [Setting] = []
    /// The tool's variables.
    public var environment: [Setting] = []
    /// The most that may be used.
    public var resources: [Setting] = []
    /// What the filter does with system calls, a line each.
    public var systemCalls: [Setting] = []
    /// What its reader should know, a line each.
    public var notes: [String] = []

    static let builtIn = Verdict.everySandbox
}

extension SandboxAnswers {
    /// What the policy permits.
    ///
    /// - Parameter notes: What the profile's reader should know of it already.
    /// - Returns: The explanation.
    public func explanation(notes: [String]) -> Explanation {
        let user = parts.user
        let kind =
            if user.isOnlyUser {
                "the only user of a user namespace"
            } else {
                user.uid == 0 ? "without capabilities" : "whom the project belongs to, without capabilities"
            }
        var result = Explanation(
            agent: policy.agent, tool: policy.tool, project: policy.projectDirectory,
            user: "\(user.name) (\(user.uid):\(user.gid)), \(kind), no_new_privs; home \(user.home)")
        result.paths = pathLines()
        result.loadedFiles = parts.view.nodes.values.count { isLoaded($0.reason) }
        result.programs = programLines()
        result.network = networkLines()
        result.environment = environmentLines()
        result.resources = resourceLines()
        result.systemCalls = systemCallLines()
        result.notes = notes + parts.notes
        if parts.mounts.anchors > 0 {
            result.notes.append(
                "directories above protected places are mounts of their own, so that they cannot be renamed: a rename or "
                    + "hard link into or out of one fails with EXDEV (\(parts.mounts.anchors) of them)")
        }
        return result
    }

    /// Whether a place is there only for programs to load or look up.
    private func isLoaded(_ reason: String) -> Bool {
        ["library of ", "loader of ", "modules for ", "for "].contains { reason.hasPrefix($0) }
            && !reason.hasPrefix("for the network")
    }

    private func pathLines() -> [Explanation.PathLine] {
        parts.view.nodes.sorted { $0.key < $1.key }.compactMap { _, node in
            if isLoaded(node.reason) { return nil }
            var access =
                switch node.access {
                case .readOnly: "read"
                case .writable: node.isFresh ? "own" : "write"
                case .denied: "denied"
                }
            if node.access != .denied, parts.programs.inventory.executables.contains(PathKey(node.path)) {
                access += ", execute"
            }
            return Explanation.PathLine(
                access: access, path: node.path, rule: ruleText(node.origin), reason: node.reason)
        }
    }

    private func programLines() -> [Explanation.ProgramLine] {
        let items = parts.programs.inventory.items.values
        var lines = parts.programs.programs.map { program in
            let name = quoted(program.object?.path ?? program.file)
            let helpers = items.filter { $0.reason.hasPrefix("helper") && $0.reason.hasSuffix("for \(name)") }
            var line = Explanation.ProgramLine(
                path: program.path, file: program.file.isSamePath(as: program.path) ? nil : program.file,
                rule: ruleText(program.origin), libraries: 0, helpers: helpers.map(\.path).sorted())
            if let object = program.object {
                line.loader = object.file.interpreter
                // It was found before, when the plan was made.
                line.libraries = (try? parts.programs.closure.closure(of: object).libraries.count) ?? 0
            } else if case .script(let interpreter, _) = try? ExecutableContent(of: files.hostPath(program.file)) {
                line.interpreter = interpreter
            }
            return line
        }
        lines += parts.programs.directories.map { directory in
            Explanation.ProgramLine(
                path: directory + "/**", rule: ruleText(parts.view.nodes[PathKey(directory)]?.origin ?? ""),
                libraries: 0, helpers: [])
        }
        return lines
    }

    private func networkLines() -> [Explanation.Setting] {
        let rule =
            policy.networkOrigin.isEmpty ? "built-in: no network unless the profile grants one" : policy.networkOrigin
        func line(_ name: String, _ value: String, _ rule: String) -> Explanation.Setting {
            Explanation.Setting(name: name, value: value, rule: rule)
        }
        switch policy.network {
        case .none:
            let what = "a loopback of its own, and nothing else; calls of one \"agentrt warm\" share it"
            return [line("none", what, rule)]
        case .host: return [line("host", "the host's network, with its loopback and abstract sockets", rule)]
        case .allow(let list):
            return list.targets.enumerated().map { index, target in
                line(
                    "allow", target.port == nil ? "\(target), ports 80 and 443" : "\(target)", "\(rule).allow[\(index)]"
                )
            }
        }
    }

    private func environmentLines() -> [Explanation.Setting] {
        parts.environment.variables.sorted { PathKey($0.key) < PathKey($1.key) }.map { name, value in
            let rule =
                if policy.setEnvironment[name] != nil {
                    "environment.set"
                } else {
                    policy.passedEnvironment.contains(name) && caller.environment[name] != nil
                        ? "environment.pass" : Explanation.builtIn
                }
            return Explanation.Setting(name: name, value: onOneLine(value), rule: rule)
        }
    }

    private func resourceLines() -> [Explanation.Setting] {
        let resources = policy.resources
        let values = [
            ("memory", resources.memory.map(Quantity.memoryText)),
            ("cpus", resources.milliCPUs.map(Quantity.thousandthsText)), ("pids", resources.pids.map { "\($0)" }),
            ("wallTime", resources.wallTime.map(Quantity.timeText)),
            ("cpuTime", resources.cpuTime.map(Quantity.timeText)),
            ("output", resources.output.map(Quantity.memoryText)),
        ]
        var lines = values.map { name, value in
            Explanation.Setting(
                name: name, value: value ?? "no limit", rule: value == nil ? "" : resources.places[name] ?? "")
        }
        for node in parts.view.nodes.sorted(by: { $0.key < $1.key }).map(\.value) {
            guard case .fresh(let mebibytes, _) = node.content else { continue }
            lines.append(
                Explanation.Setting(
                    name: "disk", value: "\(Quantity.memoryText(UInt64(mebibytes) << 20)) in \(node.path)",
                    rule: Explanation.builtIn))
        }
        return lines
    }

    private func systemCallLines() -> [Explanation.Setting] {
        let filter = SeccompPolicy.filter(for: machine, policy)
        func names(_ action: SeccompAction, conditional: Bool) -> [String] {
            var names: [String] = []
            for rule in filter.syscalls where rule.action == action && rule.args.isEmpty != conditional {
                for name in rule.names where !names.contains(name) { names.append(name) }
            }
            return names.sorted()
        }
        func line(_ name: String, _ value: String) -> Explanation.Setting {
            Explanation.Setting(name: name, value: value, rule: Explanation.builtIn)
        }
        return [
            line("permitted", "\(names(.allow, conditional: false).count) calls"),
            line("by argument", names(.allow, conditional: true).joined(separator: " ")),
            line("EPERM", names(.errno, conditional: false).joined(separator: " ")),
            line("ENOSYS", "every other call, clone3 and io_uring among them; other architectures end the process"),
            line(
                "memfd_create",
                policy.permitsMemfd
                    ? "permitted: what is written to memory can be run through the loader, past allowedExecutables"
                    : "ENOSYS"),
            unixSocketLine(),
            Explanation.Setting(
                name: "memory",
                value: policy.deniesWriteExecuteMemory
                    ? "what was written is never executed: mmap(2) and mprotect(2) of both fail with EACCES"
                    : "programs may write code into memory and execute it, as just-in-time compilers do",
                rule: policy.deniesWriteExecuteMemory ? "denyWriteExecuteMemory" : Explanation.builtIn),
        ]
    }

    private func unixSocketLine() -> Explanation.Setting {
        let value =
            switch policy.unixSockets {
            case .none: "none by path or name; connected pairs of streams"
            case .own: "those that the call itself makes, as streams"
            case .host: "all that lie in a listed path"
            }
        return Explanation.Setting(name: "unix sockets", value: value, rule: unixSocketRule)
    }
}
