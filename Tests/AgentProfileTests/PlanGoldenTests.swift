import Foundation
import JSON
import LinuxSystem
import OCISpec
import NetworkRules
import Testing

@testable import AgentProfile

/// The bundles of `bundles/`, made from the profiles beside them on a made-up host (``PlanHost``), so that they are the
/// same on every machine. `AGENTRT_WRITE_GOLDEN=1 swift test --filter PlanGoldenTests` writes them anew.
struct PlanGoldenTests {
    @Test(
        arguments: [
            ("documentation", nil, nil, ["bash", "-c", "ls"]),
            ("documentation-script", nil, nil, ["./test-script.sh"]),
            ("opencode", nil, nil, ["/usr/bin/bash"]),
            ("resources-and-tools", "documentation", "read", ["ls", "-l"]),
        ] as [(String, String?, String?, [String])])
    func bundleIsAsItWas(name: String, agent: String?, tool: String?, command: [String]) throws {
        let host = try PlanHost()
        let policy = try policy(of: name, agent, tool, host)
        let plan = try host.plan(policy, command)
        let tree = plan.rootfs.tree.entries.map { path, entry in
            switch entry {
            case .directory(let mode): "\(String(mode, radix: 8)) \(path)/"
            case .link(let target): "link \(path) -> \(target)"
            case .file(let contents, let mode):
                "\(String(mode, radix: 8)) \(path)"
                    + (contents.isEmpty ? "" : ", \(contents.count) bytes, for example ") + example(contents)
            }
        }
        // The numbers and times of files are other ones each time.
        var spec = plan.spec
        #expect(spec.annotations.removeValue(forKey: Annotations.pins) != nil)
        try compare(JSONWriter.bytes(spec, layout: .indented), with: "\(name)/config.json")
        try compare(
            Array((tree + plan.notes.map { "note: " + $0 }).joined(separator: "\n").utf8) + [10],
            with: "\(name)/rootfs.txt")
    }

    private func example(_ contents: [UInt8]) -> String {
        String(decoding: contents.prefix { $0 != 10 && $0 != 0 }, as: UTF8.self)
    }

    private func compare(_ bytes: [UInt8], with name: String) throws {
        let path = "\(repository)/bundles/\(name)"
        if ProcessInfo.processInfo.environment["AGENTRT_WRITE_GOLDEN"] != nil {
            try Data(bytes).write(to: URL(fileURLWithPath: path))
        }
        let golden = String(decoding: try readFile(path), as: UTF8.self).split(separator: "\n")
        let made = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        for difference in made.difference(from: golden).prefix(5) { Issue.record("\(name): \(difference)") }
    }

    /// The sample's lists with the made-up host's names for its placeholders; the resolver itself looks at the real host.
    private func policy(of name: String, _ agent: String?, _ tool: String?, _ host: PlanHost) throws -> Policy {
        let file = try ProfileFile.read(path: "\(repository)/bundles/\(name)/profile.json")
        let whole = try #require(file.profile.agents.first { $0.name == agent })
        let part = whole.tools.first { $0.name == tool }?.grants
        var policy = Policy(projectDirectory: host.project)
        policy.agent = agent
        policy.tool = tool
        func path(_ text: String) -> String {
            "/"
                + text.replacing("<project root>", with: host.project).replacing("~", with: "/home/user")
                .pathComponents.joined(separator: "/")
        }
        let lists: [(Policy.Access, [Profile.PathEntry]?)] = [
            (.readOnly, part?.readOnlyPaths ?? whole.grants.readOnlyPaths),
            (.writable, part?.writablePaths ?? whole.grants.writablePaths),
            (.denied, part?.deniedPaths ?? whole.grants.deniedPaths),
        ]
        for (access, entries) in lists {
            for entry in entries ?? [] where !entry.text.contains("*") {
                let resolved = try host.files.resolve(path(entry.text))
                policy.links += (resolved?.links ?? []).map { Policy.Link(path: $0.path, target: $0.target) }
                policy.paths.append(
                    Policy.PathRule(
                        path: resolved?.path ?? path(entry.text), access: access, isOptional: entry.isOptional,
                        createsDirectory: entry.createsDirectory, origin: entry.place.path))
            }
        }
        for entry in part?.allowedExecutables ?? whole.grants.allowedExecutables ?? [] {
            policy.executables.append(
                Policy.ExecutableRule(path: path(entry.text), isOptional: entry.isOptional, origin: entry.place.path))
        }
        switch whole.grants.network?.value {
        case .host: policy.network = .host
        case .allow(let targets): policy.network = .allow(try AllowList(targets.map(\.value)))
        default: break
        }
        policy.passedEnvironment = (part?.passedEnvironment ?? whole.grants.passedEnvironment ?? []).map(\.value)
        for variable in part?.setEnvironment ?? whole.grants.setEnvironment ?? [] {
            policy.setEnvironment[variable.name] = variable.value.replacing("<project root>", with: host.project)
                .replacing("~", with: "/home/user")
        }
        policy.resources.wallTime = (part?.wallTime ?? whole.grants.wallTime)?.value
        return policy
    }
}
