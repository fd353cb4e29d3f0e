import Foundation
import Glibc
import Testing

@testable import AgentProfile

/// What holds for every profile, tried on many made by chance; the numbers are the same in every run.
struct ProfilePropertyTests {
    private static let places = ["", "/a", "/a/b", "/a/b/c", "/a/d", "/e", "/e/f", "/e/f/g"]

    @Test func aToolNeverMayMoreThanItsAgent() throws {
        let scratch = try ProfileScratch("a/b/c/", "a/d/", "e/f/g/")
        var random = FixedRandom(state: 1)
        var resolved = 0
        for _ in 0..<600 {
            let agentKeys = lists(&random, all: true)
            let toolKeys = lists(&random, all: false)
            let text = "{ \(agentKeys), \"tools\": { \"t\": { \(toolKeys) } } }"
            guard let tool = try? scratch.resolve(text, tool: "t").policy else { continue }
            resolved += 1
            let agent = try scratch.resolve(text).policy
            for place in Self.places {
                let path = scratch.project + place + "/x"
                #expect(rank(tool, path) <= rank(agent, path), "\(place) in \(text)")
            }
        }
        #expect(resolved > 60)
    }

    /// The three lists, each place in one of them or in none; a tool may leave lists out.
    private func lists(_ random: inout FixedRandom, all: Bool) -> String {
        var lists: [[String]] = [[], [], []]
        for place in Self.places {
            let list = random.next(below: all ? 5 : 9)
            if list < 3 { lists[list].append("\"<project root>\(place)\"") }
        }
        let names = ["readOnlyPaths", "writeablePaths", "deniedPaths"]
        let written = zip(names, lists).filter { _ in all || random.next(below: 3) > 0 }
        return (written.map { "\"\($0)\": [\($1.joined(separator: ", "))]" } + ["\"memfd\": false"])
            .joined(separator: ", ")
    }

    private func rank(_ policy: Policy, _ path: String) -> Int {
        let covering = policy.paths.filter { isPath(path, atOrBelow: $0.path) }
        return covering.max { $0.path.utf8.count < $1.path.utf8.count }?.access.rank ?? 0
    }

    /// Paths through links made by chance lead where the kernel says.
    @Test func pathsLeadWhereTheKernelSays() throws {
        let scratch = try ProfileScratch("a/b/c/", "d/e/")
        let targets = ["a", "../d", "../a/b", "./e/..", "/tmp/..", "none", "x", "../x/b", "..", "../../project/d"]
        var random = FixedRandom(state: 2)
        for (index, directory) in ["", "/a", "/a/b", "/d", "/d/e"].enumerated() {
            for name in ["x", "y", "z"] {
                let target = targets[(random.next(below: targets.count) + index) % targets.count]
                try scratch.link(scratch.project + directory + "/" + name, to: target)
            }
        }
        let names = ["a", "b", "c", "d", "e", "x", "y", "z"]
        var existing = 0
        for _ in 0..<1500 {
            let path =
                scratch.project
                + (0...random.next(below: 5)).map { _ in
                    "/" + names[random.next(below: names.count)]
                }.joined()
            let expected = realpath(path, nil).map { pointer in
                defer { free(pointer) }
                return String(cString: pointer)
            }
            let found = try? ResolvedPath(path)
            if let expected {
                existing += 1
                #expect(found?.path == expected, "\(path)")
                #expect(found?.kind != nil)
            } else {
                #expect(found?.kind == nil, "\(path)")
            }
        }
        #expect(existing > 150)
    }

    @Test func aNameThatIsNotUTF8IsToldOf() throws {
        let scratch = try ProfileScratch()
        var name = Array((scratch.project + "/doc/x").utf8CString)
        name[name.count - 2] = CChar(bitPattern: 0xFF)
        close(open(name, O_CREAT | O_WRONLY, 0o644))
        #expect(
            scratch.outcome(#"{ "deniedPaths": ["<project root>/**/*.pem"] }"#)
                == "profile.json:1:19: deniedPaths[0]: a name in \"PROJECT/doc\" is not UTF-8: rename it, or begin the "
                + "path elsewhere")
        #expect(scratch.outcome(#"{ "readOnlyPaths": ["<project root>/doc"] }"#) == "ok")
    }
}
