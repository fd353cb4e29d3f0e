import Foundation
import JSON
import OCISpec

@testable import AgentProfile

/// A made-up host: a directory that stands for `/`. It looks like a small Debian of which every plan is the same.
final class PlanHost {
    let root = "/tmp/agentrt-host-\(UUID().uuidString)"
    let project = "/home/user/project"
    var caller = Caller(
        uid: 1000, gid: 1000, environment: ["HOME": "/home/user", "LANG": "C.UTF-8", "TERM": "xterm", "SECRET": "x"])

    /// Makes an empty host, or the usual one.
    init(isEmpty: Bool = false) throws {
        try directory(project)
        if !isEmpty { try addUsualFiles() }
    }

    deinit {
        // Denied directories of a written bundle shut their owner out.
        try? FileManager.default.removeItem(atPath: root)
    }

    var files: HostFiles { HostFiles(root: root) }

    func directory(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: root + path, withIntermediateDirectories: true)
    }

    func file(_ path: String, _ contents: [UInt8], mode: Int = 0o644) throws {
        try directory(path.parentPath)
        try Data(contents).write(to: URL(fileURLWithPath: root + path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: root + path)
    }

    func file(_ path: String, _ text: String = "", mode: Int = 0o644) throws {
        try file(path, Array(text.utf8), mode: mode)
    }

    func elf(_ path: String, _ builder: ELFBuilder, mode: Int = 0o755) throws {
        try file(path, builder.bytes, mode: mode)
    }

    func link(_ path: String, to target: String) throws {
        try directory(path.parentPath)
        try FileManager.default.createSymbolicLink(atPath: root + path, withDestinationPath: target)
    }

    /// A policy for the project, its paths and executables given by name.
    func policy(
        readOnly: [String] = [], writable: [String] = [], denied: [String] = [],
        executables: [String] = ["/usr/bin/bash"]
    ) -> Policy {
        var policy = Policy(projectDirectory: project)
        for (access, paths) in [(Policy.Access.readOnly, readOnly), (.writable, writable), (.denied, denied)] {
            policy.paths += paths.enumerated().map {
                Policy.PathRule(path: $1, access: access, origin: "\(access.rawValue)[\($0)]")
            }
        }
        policy.executables = executables.enumerated().map {
            Policy.ExecutableRule(path: $1, origin: "allowedExecutables[\($0)]")
        }
        return policy
    }

    func plan(_ policy: Policy, _ command: [String] = ["bash"], session: Session? = nil) throws -> BundlePlan {
        try BundlePlan.make(
            policy: policy, command: command, caller: caller, session: session, files: files, machine: .x86_64)
    }

    /// The one line that planning ends with; `ok` where it ends well.
    func outcome(_ policy: Policy, _ command: [String] = ["bash"], session: Session? = nil) -> String {
        do {
            _ = try plan(policy, command, session: session)
            return "ok"
        } catch {
            return "\(error)"
        }
    }

    /// The mounts of the host's files, a line each: `DESTINATION FLAGS`, with the source where it is another path.
    func binds(_ policy: Policy, below directory: String = "/") throws -> [String] {
        let command = policy.executables.first { $0.path.hasPrefix("/usr/bin/") }?.path ?? "bash"
        return try plan(policy, [command]).mounts.map(\.mount).filter {
            $0.type == "bind" && $0.destination.isPath(in: directory)
        }.map {
            let source = $0.source == $0.destination ? "" : " from \($0.source ?? "")"
            return "\($0.destination) \($0.options.dropFirst().joined(separator: ","))\(source)"
        }
    }

    private func addUsualFiles() throws {
        let libraries = "/usr/lib/x86_64-linux-gnu"
        for (name, target) in [
            ("/bin", "usr/bin"), ("/lib", "usr/lib"), ("/lib64", "usr/lib64"), ("/sbin", "usr/sbin"),
        ] {
            try link(name, to: target)
        }
        for path in ["/usr/sbin", "/tmp", "/run", "/proc", "/dev", "\(libraries)/gconv", "/usr/lib/locale"] {
            try directory(path)
        }
        try elf("\(libraries)/ld-linux-x86-64.so.2", .library("ld-linux-x86-64.so.2"))
        try link("/usr/lib64/ld-linux-x86-64.so.2", to: "../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2")
        try elf("\(libraries)/libc.so.6", .library("libc.so.6", needs: "ld-linux-x86-64.so.2"))
        try elf("\(libraries)/libgcc_s.so.1", .library("libgcc_s.so.1", needs: "libc.so.6"))
        try elf("\(libraries)/libcurl.so.4.8.0", .library("libcurl.so.4", needs: "libc.so.6"))
        try link("\(libraries)/libcurl.so.4", to: "libcurl.so.4.8.0")
        try elf("/usr/bin/curl", .program(needs: "libcurl.so.4", "libc.so.6"))
        for name in ["bash", "cat", "env", "ls", "sleep"] { try elf("/usr/bin/\(name)", .program(needs: "libc.so.6")) }
        let cache = LoaderCache(
            entries: ["libgcc_s.so.1", "libcurl.so.4", "libc.so.6", "libunused.so.1"].map {
                LoaderCache.Entry(name: $0, path: "/lib/x86_64-linux-gnu/\($0)")
            }, machine: .x86_64)
        try file("/etc/ld.so.cache", cache.bytes { _ in true })
        try file("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nuser:x:1000:1000:A User,,,:/home/user:/bin/bash\n")
        try file("/etc/group", "root:x:0:\nusers:x:1000:\n")
        try link("/etc/resolv.conf", to: "../run/resolved/stub-resolv.conf")
        try file("/run/resolved/stub-resolv.conf", "nameserver 127.0.0.53\n")
        try file("/etc/hosts", "127.0.0.1 localhost\n")
        try file("/etc/ssl/certs/ca-certificates.crt")
        try file("/etc/ssl/private/key.pem", mode: 0o600)
        for name in ["doc", "temp"] { try directory("\(project)/\(name)") }
        try file("\(project)/test-script.sh", "#!/bin/bash\nls\n", mode: 0o755)
    }
}
