import Foundation
import JSON

@testable import AgentProfile

/// A project, a home and a profile file of one test's own; they go with the last reference.
final class ProfileScratch {
    /// The real path of the directory that holds them all.
    let root: String
    /// The environment of whoever plans.
    var environment = ["LANG": "C.UTF-8", "EMPTY": ""]

    var project: String { root + "/project" }
    var home: String { root + "/home" }
    var context: ResolutionContext {
        ResolutionContext(projectDirectory: project, homeDirectory: home, environment: environment)
    }

    /// Makes the directories and these files of the project; a name that ends with a slash is a directory.
    init(_ files: String...) throws {
        root = "/tmp/agentrt-profile-\(UUID().uuidString)"
        for directory in ["/project/doc", "/project/temp", "/home"] { try makeDirectory(root + directory) }
        for file in files {
            if file.hasSuffix("/") { try makeDirectory(project + "/" + file) } else { try write("", to: file) }
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func makeDirectory(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// Writes a file of the project, or of anywhere else by an absolute path.
    func write(_ text: String, to name: String, mode: Int = 0o644) throws {
        let path = name.hasPrefix("/") ? name : project + "/" + name
        try makeDirectory((path as NSString).deletingLastPathComponent)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    /// Makes a symbolic link in the project, or anywhere else by an absolute path.
    func link(_ name: String, to target: String) throws {
        let path = name.hasPrefix("/") ? name : project + "/" + name
        try makeDirectory((path as NSString).deletingLastPathComponent)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    }

    /// Resolves a profile's text.
    func resolve(_ text: String, agent: String? = nil, tool: String? = nil) throws -> PolicyResolution {
        try ProfileFile.parse(Array(text.utf8), path: "profile.json")
            .resolve(agent: agent, tool: tool, context: context)
    }

    /// The one line that reading or resolving a profile's text ends with; `ok` where it ends well. The project and the
    /// home are written as `PROJECT` and `HOME`.
    func outcome(_ text: String, agent: String? = nil, tool: String? = nil) -> String {
        do {
            _ = try resolve(text, agent: agent, tool: tool)
            return "ok"
        } catch {
            return named("\(error)")
        }
    }

    /// A text with the project's and the home's path replaced by names.
    func named(_ text: String) -> String {
        text.replacingOccurrences(of: project, with: "PROJECT").replacingOccurrences(of: home, with: "HOME")
            .replacingOccurrences(of: root, with: "ROOT")
    }

    /// A policy, a line each part, with the project's and the home's path replaced by names.
    func lines(_ policy: Policy) -> [String] {
        var lines = policy.paths.map { rule in
            "\(rule.access) \(rule.path)\(rule.mustBeDirectory ? "/" : "")"
                + (rule.isOptional ? " optional" : "") + (rule.createsDirectory ? " create" : "") + " <- \(rule.origin)"
        }
        lines += policy.links.map { "link \($0.path) -> \($0.target)" }
        lines += policy.executables.map { "execute \($0.path)\($0.isOptional ? " optional" : "") <- \($0.origin)" }
        return lines.map(named)
    }
}

/// The checkout that the tests were built from.
let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
