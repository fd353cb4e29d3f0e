public import LinuxSystem

/// Tries to break out of sandboxes on this very machine.
///
/// Each attempt is made in a sandbox of its own by this program, which the profile lists; then the same attempt is made
/// outside, where that does no harm, to show that there it succeeds.
public struct SelfTest {
    private let playground: Playground

    /// Makes all attempts.
    ///
    /// - Parameters:
    ///   - directory: Where the throw-away project is made and removed again.
    ///   - progress: Told the result of each attempt as it is known.
    /// - Returns: The results, in the order of the attempts.
    /// - Throws: ``SystemCallError`` where the machine does not let the attempts be made at all.
    public static func run(
        in directory: String, progress: (AttemptResult) -> Void
    ) throws(SystemCallError) -> [AttemptResult] {
        let playground = try Playground(in: directory)
        let outcome: Result<[AttemptResult], SystemCallError>
        do throws(SystemCallError) {
            outcome = .success(try SelfTest(playground: playground).results(progress))
        } catch {
            outcome = .failure(error)
        }
        try playground.remove()
        return try outcome.get()
    }

    private func results(_ progress: (AttemptResult) -> Void) throws(SystemCallError) -> [AttemptResult] {
        // Left open on purpose: what a careless caller leaves open must not come along.
        let leaked = try openFile(playground.directory, [.readOnly, .directory])
        try leaked.setCloseOnExec(false)
        var results: [AttemptResult] = []
        for attempt in Attempt.all {
            let result = try result(of: attempt)
            progress(result)
            results.append(result)
        }
        return results
    }

    private func result(of attempt: Attempt) throws(SystemCallError) -> AttemptResult {
        if let missing = attempt.needs.first(where: { !playground.available.contains($0) }) {
            return AttemptResult(attempt, .notMade("needs \(missing.rawValue)"))
        }
        let before = try playground.fingerprint()
        let run = try run(attempt, inSandbox: true)
        try playground.clean()
        let after = try playground.fingerprint()
        let isPermitted = attempt.layer == .nothing
        var outcome: AttemptResult.Outcome
        switch run.finding {
        case nil: outcome = .broken(run.end == nil ? "did not end" : run.message)
        case .succeeded(let what): outcome = isPermitted ? .permitted(what) : .wentThrough(what)
        case .refused(let why): outcome = isPermitted ? .broken(why) : .refused(why)
        }
        if before != after {
            let changed = after.first { !before.contains($0) } ?? before.first { !after.contains($0) } ?? ""
            outcome = .wentThrough("the host changed: \(changed)")
            try playground.layOutProject()
        }
        guard !isPermitted, attempt.control != .notMade else { return AttemptResult(attempt, outcome) }
        return AttemptResult(attempt, outcome, outside: try control(attempt))
    }

    /// The same outside: whether it succeeds there.
    private func control(_ attempt: Attempt) throws(SystemCallError) -> Bool {
        let before = try playground.fingerprint()
        let run = try run(attempt, inSandbox: false)
        try playground.clean()
        if try playground.fingerprint() != before { try playground.layOutProject() }
        for path in ["/tmp/selftest-payload", "/tmp/selftest-bash", "/dev/shm/selftest-payload"] {
            // Made only where it runs with this user's rights, and only by attempts that write there.
            guard let status = try fileStatus(path, followsLink: false), status.uid == effectiveUserID() else {
                continue
            }
            try LinuxSystem.attempt("unlinkat", -100, .text(path), 0)
        }
        if case .succeeded = run.finding { return true }
        return false
    }

    private func run(_ attempt: Attempt, inSandbox: Bool) throws(SystemCallError) -> ProgramRun {
        let place = playground.surroundings
        var words = [Probe.verb, attempt.name] + place.words
        if inSandbox {
            words =
                [
                    "--root", playground.stateRoot, "run", "--no-tty", "--profile", place.profile, "--project",
                    place.project, "--", place.listed,
                ] + words
        }
        return try ProgramRun(
            words, in: place.project, environment: processEnvironment() + ["AGENTRT_SELFTEST_SECRET=of the caller"])
    }
}
