import Glibc
import Testing

/// Attempts to break out, one a line of a table: each must fail in the sandbox of every caller, and where the OCI
/// specification suffices in runc, and leave the host as it was; and it succeeds outside, or it would prove nothing.
@Suite(.needsRoot, .agentrtOnly) struct EscapeTests {
    @Test(arguments: Escape.execution + Escape.loaded) func runsNothingThatIsNotListed(_ escape: Escape) throws {
        try attempt(escape)
    }

    @Test(arguments: Escape.kernel + Escape.mounting) func getsNothingFromTheKernel(_ escape: Escape) throws {
        try attempt(escape)
    }

    @Test(arguments: Escape.files + Escape.hidden + Escape.protected) func reachesNoFile(_ escape: Escape) throws {
        try attempt(escape)
    }

    @Test(arguments: Escape.network + Escape.processes) func reachesNobody(_ escape: Escape) throws {
        try attempt(escape)
    }

    @Test func thereAreEnoughAndNoneTwice() {
        let all = Escape.all
        #expect(Set(all.map(\.name)).count == all.count && all.count >= 160)
        #expect(all.count { !$0.succeedsOutside } <= 31, "proved by nothing but their kind of error")
    }

    private func attempt(_ escape: Escape) throws {
        if escape.succeedsOutside {
            let place = try EscapePlace(.rootInUsersProject, for: escape)
            let output = try place.control(escape).run()
            #expect(output.status == 0, "fails outside of a sandbox too: \(output)")
        }
        for identity in Identity.allCases where !escape.exceptFor.contains(identity) {
            let place = try EscapePlace(identity, for: escape)
            let before = try place.fingerprint()
            try refuses(try place.command(escape), at: place, before, "\(identity)")
        }
        if !escape.exceptFor.contains(.user) { try attemptWarm(escape) }
        if escape.holdsInRunc { try attemptInRunc(escape) }
    }

    /// The same from what `agentrt warm` has ready: in the sandbox that stands by, and in one that is made of its file
    /// system.
    ///
    /// Something may be mounted on the machine at any time, and then the next call starts cold; and an attempt may have
    /// changed what its call was planned from.
    private func attemptWarm(_ escape: Escape) throws {
        for (what, starts) in [("standing by", standsBy), ("warm", startsWarm)] {
            var tries = 0
            while try !starts(escape) {
                tries += 1
                guard tries < 20 else {
                    Issue.record("\(escape.name) never started \(what)")
                    break
                }
            }
        }
    }

    private func standsBy(_ escape: Escape) throws -> Bool {
        let place = try EscapePlace(.user, for: escape)
        let keeper = try place.keepWarm(escape)
        let before = try place.fingerprint()
        var command = try place.command(escape, options: ["--warm"])
        command.arguments.insert("--debug", at: 0)
        let output = try refuses(command, at: place, before, "standing by")
        withExtendedLifetime(keeper) {}
        return output.standardError.contains("had a sandbox that stood by")
    }

    private func startsWarm(_ escape: Escape) throws -> Bool {
        let place = try EscapePlace(.user, for: escape)
        let keeper = try place.keepWarm(escape)
        let before = try place.fingerprint()
        let report = try place.project.scratch.stateRoot + "/report"
        try refuses(try place.command(escape, options: ["--warm", "--report", report]), at: place, before, "warm")
        withExtendedLifetime(keeper) {}
        return try Files.read(report).contains("\"warm\": true")
    }

    /// Makes an attempt in a sandbox, which must refuse it.
    @discardableResult private func refuses(
        _ command: Command, at place: EscapePlace, _ before: String, _ who: String
    ) throws -> Output {
        var command = command
        command.inherited = [9: try openOutside(place)]
        let output = try command.run()
        command.inherited.values.forEach { close($0) }
        #expect(output.status != 0 && !output.standardOutput.contains("EVIL"), "\(who): \(output)")
        #expect(output.standardOutput.hasPrefix("begun\n"), "\(who): was not made: \(output)")
        #expect(try place.fingerprint() == before, "\(who): the host changed: \(output)")
        return output
    }

    private func openOutside(_ place: EscapePlace) throws -> Int32 {
        try check(open(place.project.scratch.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open", "outside")
    }

    private func attemptInRunc(_ escape: Escape) throws {
        let place = try EscapePlace(.rootInUsersProject, for: escape)
        let bundle = try place.project.scratch.path("made")
        _ = try place.bundle(escape, to: bundle).run().succeeded()
        let before = try place.fingerprint()
        let output = try Command(
            "/usr/sbin/runc",
            ["--root", place.project.scratch.stateRoot, "run", "--bundle", bundle, "test-\(uniqueNumber())"]
        ).run()
        #expect(output.status != 0 && !output.standardOutput.contains("EVIL"), "runc: \(output)")
        #expect(output.standardOutput.hasPrefix("begun\n"), "runc: was not made: \(output)")
        #expect(try place.fingerprint() == before, "runc: the host changed: \(output)")
    }
}
