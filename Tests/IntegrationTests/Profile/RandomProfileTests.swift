import Glibc
import Testing

/// Profiles made by chance over trees made by chance: what the most specific rule says, what `why` answers and what the
/// kernel does are the same. Each tree has a number, which makes it again.
@Suite(.needsRoot, .agentrtOnly) struct RandomProfileTests {
    /// Numbers that are the same in every run (SplitMix64).
    private struct Chance {
        var state: UInt64

        mutating func below(_ limit: Int) -> Int {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return Int((mixed ^ (mixed >> 31)) % UInt64(limit))
        }
    }

    private enum Access: String {
        case readOnlyPaths, writeablePaths, deniedPaths
    }

    /// A tree with a profile.
    private struct Case {
        /// Directories and files below the project; the top is empty.
        var directories = [""]
        var files: [String] = []
        var rules: [String: Access] = [:]
        var scripts: Set<String> = []

        init(seed: Int) {
            var chance = Chance(state: UInt64(seed))
            for _ in 0..<(3 + chance.below(5)) {
                let parent = directories[chance.below(directories.count)]
                let name = parent + "/" + ["a", "b", "c d", "é"][chance.below(4)]
                if !directories.contains(name), name.split(separator: "/").count < 5 { directories.append(name) }
            }
            for directory in directories {
                for name in ["f", "x.sh"] where chance.below(3) > 0 { files.append(directory + "/" + name) }
            }
            for place in directories + files where place.isEmpty || chance.below(3) == 0 {
                rules[place] = [.readOnlyPaths, .writeablePaths, .deniedPaths][chance.below(place.isEmpty ? 2 : 3)]
            }
            // A script that is listed must not be denied.
            for file in files where file.hasSuffix(".sh") && access(file) != .deniedPaths && chance.below(2) == 0 {
                scripts.insert(file)
            }
        }

        /// What the most specific rule at or above a place says.
        func access(_ place: String) -> Access? {
            var place = place
            while true {
                if let access = rules[place] { return access }
                guard let slash = place.lastIndex(of: "/") else { return nil }
                place = String(place[..<slash])
            }
        }

        /// What must come of a question about a file.
        func permits(_ verb: String, _ file: String) -> Bool {
            switch (verb, access(file)) {
            case (_, .deniedPaths), (_, nil): false
            case ("exec", _): scripts.contains(file)
            // A script that is listed is mounted read-only over itself.
            case ("write", let access): access == .writeablePaths && !scripts.contains(file)
            default: true
            }
        }

        var profile: String {
            func list(_ access: Access) -> String {
                rules.filter { $0.value == access }.keys.sorted().map { "\"<project root>\($0)\"" }.joined(
                    separator: ", ")
            }
            let programs = ["/usr/bin/bash", "<project root>/payload"] + scripts.sorted().map { "<project root>" + $0 }
            return """
                { "readOnlyPaths": [\(list(.readOnlyPaths))], "writeablePaths": [\(list(.writeablePaths))],
                  "deniedPaths": [\(list(.deniedPaths))],
                  "allowedExecutables": [\(programs.map { "\"\($0)\"" }.joined(separator: ", "))] }
                """
        }
    }

    @Test(arguments: 0..<48) func theMostSpecificRuleDecides(_ seed: Int) throws {
        let identity = Identity.allCases[seed % Identity.allCases.count]
        let tree = Case(seed: seed)
        let project = try SandboxedProject(identity)
        for directory in tree.directories.dropFirst() { try Files.makeDirectory(project.directory + directory) }
        for file in tree.files {
            try Files.write("#!/usr/bin/bash\ntrue\n", to: project.directory + file, mode: 0o755)
        }
        try Files.linkOrCopy(Session.shared.get().payload, to: project.directory + "/payload")
        _ = try Command("/usr/bin/chown", ["-R", "\(identity.owner):\(identity.owner)", project.directory]).run()
            .succeeded()
        try Files.write(tree.profile, to: project.profile)

        let asked = tree.files.flatMap { file in ["read", "write", "exec"].map { ($0, file) } }
        let questions = asked.map { "\($0) \(project.directory)\($1)" }
        let directories = tree.directories.flatMap { place in
            ["read \(project.directory)\(place)", "write \(project.directory)\(place)/new"]
        }
        try project.compareAnswers(to: questions + directories, "tree \(seed), \(tree.profile): ")
        let facts = try project.facts((questions + directories).map { $0 + "\n" }.joined())
        for ((verb, file), fact) in zip(asked, facts) where tree.permits(verb, file) != (fact == "ok") {
            Issue.record("tree \(seed): \(verb) \(file): \(fact), with \(tree.profile)")
        }
        for (index, place) in tree.directories.enumerated() {
            let made = facts[asked.count + 2 * index + 1] == "ok"
            #expect(made == (tree.access(place) == .writeablePaths), "tree \(seed): \(place), with \(tree.profile)")
        }
        #expect(tree.files.isEmpty || facts.contains("ok") || tree.rules[""] != .writeablePaths)
    }
}
