import LinuxSystem
import Testing

@testable import SelfTest

/// The list of attempts; that they are refused is for the integration tests, which run the program.
struct AttemptTests {
    @Test func namesAreUniqueAndPlain() {
        var seen: Set<String> = []
        for attempt in Attempt.all {
            #expect(seen.insert(attempt.name).inserted, "\(attempt.name) stands twice")
            #expect(attempt.name.utf8.allSatisfy { $0 == 45 || 48...57 ~= $0 || 97...122 ~= $0 }, "\(attempt.name)")
        }
        #expect(Attempt.all.filter { $0.layer != .nothing }.count >= 200)
    }

    @Test func anErrorThatIsNoRefusalCountsAsSuccess() {
        let place = Surroundings(project: "/p", outsider: 70, port: 1, abstractName: "n")
        let attempt = Attempt("a", .mounts, [.permissionDenied]) { _ throws(SystemCallError) in
            throw SystemCallError(call: "open", errno: .invalidArgument)
        }
        #expect(attempt.make(place) == .succeeded("past the check, to open: invalid argument"))
        let refused = Attempt("a", .mounts, [.invalidArgument], attempt.body)
        #expect(refused.make(place) == .refused("open: invalid argument"))
    }

    @Test func surroundingsSurviveTheCommandLine() {
        let place = Surroundings(project: "/tmp/x/project", outsider: 70, port: 8080, abstractName: "name")
        #expect(Surroundings(place.words)?.words == place.words)
        #expect(Surroundings(["/p", "x", "1", "n"]) == nil && Surroundings([]) == nil)
        #expect(place.outside == "/tmp/x" && "/x".parentPath == "/" && "x".parentPath == "/")
    }

    @Test func whatIsPermittedIsNeverRefusedByName() {
        for attempt in Attempt.permitted { #expect(attempt.layer == .nothing && attempt.refusals.isEmpty) }
    }
}
