import Foundation
import Testing

@testable import AgentProfile

/// The file itself, and what holds for every profile.
struct ProfileFileTests {
    private func outcome(_ path: String) -> String {
        do throws(ProfileError) {
            _ = try ProfileFile.read(path: path)
            return "ok"
        } catch {
            return "\(error)"
        }
    }

    @Test func aFileThatIsNoProfileIsRefusedAtOnce() throws {
        let scratch = try ProfileScratch()
        let path = scratch.root + "/p.json"
        #expect(outcome(path) == path + ": no such file or directory")
        #expect(outcome(scratch.project) == scratch.project + ": is a directory")
        #expect(outcome("/dev/zero") == "/dev/zero: is no regular file")
        let fifo = scratch.root + "/fifo"
        #expect(mkfifo(fifo, 0o600) == 0)
        #expect(outcome(fifo) == fifo + ": is no regular file")
        try scratch.write("{}", to: path)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.truncate(atOffset: 100 << 20)
        let clock = ContinuousClock()
        let time = clock.measure { #expect(outcome(path) == path + ": larger than 1 MiB: not a profile") }
        #expect(time < .seconds(1))
        #expect(outcome("/no\nsuch") == "/no\\nsuch: no such file or directory")
    }

    @Test func commentsAreRead() throws {
        let scratch = try ProfileScratch()
        let text = "// one\n{ /* two */ \"readOnlyPaths\": [ // three\n \"<project root>/\" ] }\n"
        #expect(scratch.outcome(text) == "ok")
    }

    @Test func resolvingTwiceGivesTheSame() throws {
        let scratch = try ProfileScratch(".git/hooks/", ".git/config")
        for index in 0..<200 { try scratch.write("", to: "keys/\(index % 7)/\(index * 7919 % 1000).pem") }
        let text = #"""
            {
              "writeablePaths": ["<project root>/"],
              "deniedPaths": ["<project root>/**/*.pem", "<project root>/keys/*"],
              "allowedExecutables": ["/usr/bin/ba*", "/usr/bin/e*", "/bin/sh"],
              "environment": { "set": { "A": "1", "B": "2", "C": "3", "D": "4" } }
            }
            """#
        let first = try scratch.resolve(text)
        for _ in 0..<5 { #expect(try scratch.resolve(text) == first) }
        #expect(first.policy.paths.count { $0.access == .denied } == 8)
    }

    @Test func resolvingChangesNothing() throws {
        let scratch = try ProfileScratch(".git/config")
        func tree() -> [String] {
            (FileManager.default.enumerator(atPath: scratch.root)?.allObjects as? [String] ?? []).sorted()
        }
        let before = tree()
        let text = #"""
            { "writeablePaths": ["<project root>/", { "path": "~/.cache/x", "create": true }],
              "deniedPaths": [{ "path": "<project root>/.env", "optional": true }],
              "allowedExecutables": ["/usr/bin/bash"] }
            """#
        #expect(scratch.outcome(text) == "ok")
        #expect(tree() == before)
    }

    /// Every sample with bytes replaced, taken out, doubled and cut off: read or refused in one line, never a crash.
    @Test(arguments: ["documentation", "documentation-script", "opencode", "resources-and-tools"])
    func mutatedProfilesAreReadOrRefused(_ name: String) throws {
        let scratch = try ProfileScratch("keys/a.pem", ".git/hooks/", ".git/config")
        try scratch.write("#!/bin/bash\n", to: "test-script.sh", mode: 0o755)
        let sample = Array(try Data(contentsOf: URL(fileURLWithPath: "\(repository)/bundles/\(name)/profile.json")))
        var random = FixedRandom(state: 0x5EED)
        var read = 0
        for _ in 0..<1500 {
            var text = sample
            for _ in 0...random.next(below: 3) { mutate(&text, with: &random) }
            do {
                let file = try ProfileFile.parse(text, path: "p.json")
                read += 1
                for agent in file.profile.agents {
                    for tool in [nil] + agent.tools.map(Optional.some) {
                        _ = try file.resolve(agent: agent.name, tool: tool?.name, context: scratch.context)
                    }
                }
            } catch {
                let line = "\(error)"
                #expect(line.hasPrefix("p.json:") && !line.contains("\n"), "\(line)")
            }
        }
        #expect(read > 0)
    }

    private func mutate(_ text: inout [UInt8], with random: inout FixedRandom) {
        guard !text.isEmpty else { return }
        let place = random.next(below: text.count)
        let interesting = Array("{}[]\",:/*?$~<>.\\\0\n\t\u{FF}0-".utf8)
        switch random.next(below: 5) {
        case 0: text[place] = UInt8(truncatingIfNeeded: random.next(below: 256))
        case 1: text[place] = interesting[random.next(below: interesting.count)]
        case 2: text.remove(at: place)
        case 3: text.insert(contentsOf: text[place..<min(place + 40, text.count)], at: random.next(below: text.count))
        default: if random.next(below: 8) == 0 { text.removeSubrange(place...) } else { text.swapAt(place, 0) }
        }
    }
}

/// Numbers that are the same in every run (SplitMix64).
struct FixedRandom {
    var state: UInt64

    mutating func next(below limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(limit))
    }
}
