internal import LinuxSystem
internal import SelfTest

/// Runs profiles in a throw-away project: whether a sandbox works at all, and which limits this host can hold.
struct SandboxTrials {
    private let parent: String

    init(_ directory: String) { parent = directory }

    private static let trials: [(name: String, keys: String, works: String)] = [
        ("run --profile", "", "a profile's sandbox, with all of its layers"),
        ("limit of memory", "\"resources\": { \"memory\": \"256MiB\" }", "held by its control group"),
        ("limit of cpus", "\"resources\": { \"cpus\": 1 }", "held by its control group"),
        ("limit of pids", "\"resources\": { \"pids\": 64 }", "held by its control group"),
        ("limit of wall time", "\"resources\": { \"wallTime\": \"20s\" }", "held by the sandbox's init"),
        ("network by name", "\"network\": { \"allow\": [\"example.org\"] }", "through the gate"),
    ]

    func findings() -> [Finding] {
        do throws(SystemCallError) {
            let name = "agentrt-doctor-" + (try randomBytes(6)).map { String($0, radix: 16) }.joined()
            let directory = parent + "/" + name
            try makeDirectory(directory, mode: 0o700)
            let result: [Finding]
            do throws(SystemCallError) {
                result = try trials(in: directory)
            } catch {
                try remove(name)
                throw error
            }
            try remove(name)
            return result
        } catch {
            return [.no("run --profile", "no project can be made in \(parent): \(error)", isNeeded: true)]
        }
    }

    /// Copies this program; what is open for writing when this returns could not be executed.
    private func copyProgram(to path: String) throws(SystemCallError) {
        let source = try openFile("/proc/self/exe", .readOnly)
        let copy = try openFile(path, [.writeOnly, .create, .exclusive], mode: 0o755)
        while case let bytes = try source.read(upTo: 1 << 20), !bytes.isEmpty { try copy.write(bytes) }
    }

    private func remove(_ name: String) throws(SystemCallError) {
        try openFile(parent, [.readOnly, .directory]).removeTree(name)
    }

    private func trials(in directory: String) throws(SystemCallError) -> [Finding] {
        let project = directory + "/project"
        for path in [project, directory + "/state"] { try makeDirectory(path, mode: 0o700) }
        try copyProgram(to: project + "/probe")
        return try Self.trials.map { trial throws(SystemCallError) in
            let profile = directory + "/profile.json"
            let keys = trial.keys.isEmpty ? "" : ", " + trial.keys
            try openFile(profile, [.writeOnly, .create, .truncate], mode: 0o600).write(
                "{ \"readOnlyPaths\": [\"<project root>/\"], \"allowedExecutables\": [\"<project root>/probe\"]\(keys) }\n"
            )
            let run = try ProgramRun(
                [
                    "--root", directory + "/state", "run", "--profile", profile, "--project", project, "--",
                    project + "/probe", "--version",
                ], in: project, environment: [])
            let isNeeded = trial.keys.isEmpty
            if run.end == .exited(0), run.output.hasPrefix("agentrt version") {
                return .yes(trial.name, trial.works, isNeeded: isNeeded)
            }
            let message = run.message.hasPrefix("agentrt: ") ? String(run.message.dropFirst(9)) : run.message
            return .no(trial.name, message.isEmpty ? "did not end" : message, isNeeded: isNeeded)
        }
    }
}
