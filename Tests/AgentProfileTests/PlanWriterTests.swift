import Foundation
import JSON
import LinuxSystem
import OCISpec
import Testing

@testable import AgentProfile

struct PlanWriterTests {
    private let host: PlanHost
    private let plan: BundlePlan

    init() throws {
        host = try PlanHost()
        try host.file("\(host.project)/.env")
        try host.file("\(host.project)/keys/public")
        plan = try host.plan(
            host.policy(
                readOnly: [host.project, "\(host.project)/keys/public"],
                denied: ["\(host.project)/.env", "\(host.project)/keys"]))
    }

    private func outcome(_ directory: String) -> String {
        do {
            try BundleWriter.write(plan, to: directory)
            return "ok"
        } catch {
            return error.description.replacing(host.root, with: "HOST")
        }
    }

    /// What is below a directory, a line each: mode and name; denied directories are looked at only from outside.
    private func listing(_ directory: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: directory).sorted().map { path in
            let status = try #require(try fileStatus(directory + "/" + path, followsLink: false))
            return "\(String(status.permissions, radix: 8)) \(status.kind) \(path)"
        }
    }

    @Test func writesConfigurationRootAndMasks() throws {
        let bundle = host.root + "/bundle"
        let mask = umask(0o077)
        defer { umask(mask) }
        try BundleWriter.write(plan, to: bundle)
        #expect(try Spec(json: JSONParser.parse(readFile(bundle + "/config.json"))) == plan.spec)
        #expect(try fileStatus(bundle + "/masks/file")?.permissions == 0)
        #expect(try fileStatus(bundle + "/masks/directory0")?.permissions == 0o111)
        #expect(try fileStatus(bundle + "/masks/directory0/public")?.kind == .regular)
        let lines = try listing(bundle + "/rootfs")
        #expect(lines.contains("755 directory usr/bin"))
        #expect(lines.contains("644 regular usr/bin/bash"))
        #expect(lines.contains("644 regular etc/passwd"))
        #expect(lines.contains("777 symbolicLink bin"))
        #expect(lines.contains("1777 directory tmp"))
        #expect(lines.contains("700 directory home/user"))
        #expect(lines.count == plan.rootfs.tree.entries.count { $0.path.isPath(below: "/rootfs") })
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: bundle + "/masks/directory0")
    }

    @Test func takesAnEmptyDirectoryAndNoOther() throws {
        try host.directory("/empty")
        try host.file("/full/file")
        try host.file("/file")
        #expect(outcome(host.root + "/empty") == "ok")
        #expect(outcome(host.root + "/empty") == "\"HOST/empty\" is there already, and not empty")
        #expect(outcome(host.root + "/full") == "\"HOST/full\" is there already, and not empty")
        #expect(outcome(host.root + "/file") == "\"HOST/file\" is there already, and no directory")
        #expect(outcome(host.root + "/gone/bundle").hasPrefix("open \"HOST/gone\": no such file or directory"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: host.root + "/full") == ["file"])
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o700], ofItemAtPath: host.root + "/empty/masks/directory0")
    }

    @Test func leavesNothingWhereItFails() throws {
        // Two entries cannot have one name: what is written before is taken away again.
        try host.directory("/there")
        try host.link("/there/.bundle.new", to: "/elsewhere")
        try host.file("/elsewhere/kept")
        #expect(outcome(host.root + "/there/bundle") == "ok")
        #expect(try FileManager.default.contentsOfDirectory(atPath: host.root + "/there") == ["bundle"])
        #expect(FileManager.default.fileExists(atPath: host.root + "/elsewhere/kept"))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o700], ofItemAtPath: host.root + "/there/bundle/masks/directory0")
    }
}
