import Glibc
import LinuxSystem
import OCISpec
import Testing

@testable import AgentProfile

/// Which places get a mount, which flags it has, and in which order they come. `P` stands for the project.
struct PlanMountTests {
    private let host: PlanHost
    private var project: String { host.project }

    init() throws { host = try PlanHost() }

    private func binds(
        readOnly: [String] = [], writable: [String] = [], denied: [String] = [],
        executables: [String] = ["/usr/bin/bash"]
    ) throws -> [String] {
        func named(_ path: String) -> String { path.replacing("P", with: project) }
        let policy = host.policy(
            readOnly: readOnly.map(named), writable: writable.map(named), denied: denied.map(named),
            executables: executables.map(named))
        return try host.binds(policy, below: project).map { $0.replacing(project, with: "P") }
    }

    @Test func theMostSpecificPathWinsToAnyDepth() throws {
        for path in ["a/b/c/d", "a.b"] { try host.directory("\(project)/\(path)") }
        #expect(
            try binds(readOnly: ["P", "P/a/b/c"], writable: ["P/a", "P/a/b/c/d", "P/a.b"], denied: ["P/a/b"]) == [
                "P ro,nosuid,nodev,noexec",
                "P/a nosuid,nodev,noexec",
                "P/a/b ro,nosuid,nodev,noexec from masks/directory0",
                "P/a/b/c ro,nosuid,nodev,noexec",
                "P/a/b/c/d nosuid,nodev,noexec",
                "P/a.b nosuid,nodev,noexec",
            ])
    }

    @Test func whatIsSeenAlreadyIsNotMountedAgain() throws {
        try host.directory("\(project)/a/b")
        #expect(try binds(readOnly: ["P", "P/a/b"]) == ["P ro,nosuid,nodev,noexec"])
        #expect(try binds(writable: ["P", "P/a"]) == ["P nosuid,nodev,noexec"])
        // Below another kind of place it has to be.
        #expect(
            try binds(readOnly: ["P", "P/a/b"], writable: ["P/a"]) == [
                "P ro,nosuid,nodev,noexec", "P/a nosuid,nodev,noexec", "P/a/b ro,nosuid,nodev,noexec",
            ])
    }

    @Test func onlyBelowAWriteablePlaceAreFIFOsCovered() throws {
        for path in ["a/b/c", "a/w", "d"] { try host.directory("\(project)/\(path)") }
        for path in ["a/b/c/p", "a/w/p", "d/p", "a/p"] { #expect(mkfifo("\(host.root)\(project)/\(path)", 0o600) == 0) }
        // The project lies in the home directory, which is in memory.
        #expect(
            try binds(readOnly: ["P"], writable: ["P/a/w"]) == [
                "P ro,nosuid,nodev,noexec",
                "P/a/b/c/p ro,nosuid,nodev,noexec from masks/file",
                "P/a/p ro,nosuid,nodev,noexec from masks/file",
                "P/a/w nosuid,nodev,noexec",
                "P/d/p ro,nosuid,nodev,noexec from masks/file",
            ])
        // One that a rule names is what the rule says.
        #expect(
            try binds(readOnly: ["P/d", "P/d/p"], writable: ["P"]) == [
                "P nosuid,nodev,noexec", "P/d ro,nosuid,nodev,noexec",
            ])
        host.caller.environment["HOME"] = "/elsewhere"
        try host.directory("/elsewhere")
        #expect(try binds(readOnly: ["P"]) == ["P ro,nosuid,nodev,noexec"])
        let unnameable: [CChar] = Array("\(host.root)\(project)/d/".utf8CString.dropLast()) + [-1, 0]
        #expect(mkfifo(unnameable, 0o600) == 0)
        let policy = host.policy(readOnly: ["\(project)/d"], writable: [project])
        #expect(host.outcome(policy).contains("a directory or FIFO in \"\(project)/d\" has a name that is not UTF-8"))
        #expect(unlink(unnameable) == 0)
        for number in 0..<64 { #expect(mkfifo("\(host.root)\(project)/d/\(number)", 0o600) == 0) }
        #expect(host.outcome(policy).contains("has more than 64 FIFOs: list narrower paths"))
    }

    @Test func whatIsProtectedInAWriteablePathCannotBeMovedAway() throws {
        try host.file("\(project)/a/b/secret")
        try host.directory("\(project)/a/b/c/d")
        let plan = try host.plan(
            host.policy(readOnly: ["\(project)/a/b/c/d"], writable: [project], denied: ["\(project)/a/b/secret"]))
        let lines = plan.mounts.filter { $0.mount.destination.isPath(in: project) }.map {
            "\($0.mount.destination) \($0.origin) \($0.reason)".replacing(project, with: "P")
        }
        #expect(
            lines == [
                "P writeablePaths[0] listed",
                "P/a readOnlyPaths[0] keeps \"P/a/b/c/d\" in its place",
                "P/a/b readOnlyPaths[0] keeps \"P/a/b/c/d\" in its place",
                "P/a/b/c readOnlyPaths[0] keeps \"P/a/b/c/d\" in its place",
                "P/a/b/c/d readOnlyPaths[0] listed",
                "P/a/b/secret deniedPaths[0] listed",
            ])
    }

    @Test func tooManyProtectedPlacesAreRefused() throws {
        func outcome(_ depth: Int) throws -> String {
            let path = ([project] + (0..<depth).map { "d\($0)" }).joined(separator: "/")
            try host.file(path + "/secret")
            return host.outcome(host.policy(writable: [project], denied: [path + "/secret"]))
        }
        #expect(try outcome(64) == "ok")
        #expect(
            try outcome(65).replacing(project, with: "P").hasSuffix(
                "/secret\" is protected in the writeable \"P\": that takes more than 64 mounts of the directories "
                    + "between; protect a directory further up"))
    }

    @Test func deniedPlacesAreCovered() throws {
        try host.file("\(project)/.env")
        try host.file("\(project)/keys/a/public/p.pem")
        let policy = host.policy(
            readOnly: [project, "\(project)/keys/a/public"],
            denied: ["\(project)/.env", "\(project)/keys", "/etc/shadow"])
        let plan = try host.plan(policy)
        #expect(
            try host.binds(policy, below: project).map { $0.replacing(project, with: "P") } == [
                "P ro,nosuid,nodev,noexec",
                "P/.env ro,nosuid,nodev,noexec from masks/file",
                "P/keys ro,nosuid,nodev,noexec from masks/directory0",
                "P/keys/a/public ro,nosuid,nodev,noexec",
            ])
        #expect(plan.rootfs.tree["/masks/file"] == .file(contents: [], mode: 0))
        // Names below it that are permitted can be looked up; nothing can be listed.
        #expect(plan.rootfs.tree["/masks/directory0"] == .directory(mode: 0o111))
        #expect(plan.rootfs.tree["/masks/directory0/a"] == .directory(mode: 0o111))
        #expect(plan.rootfs.tree["/masks/directory0/a/public"] == .directory(mode: 0o111))
        // What is nowhere in the sandbox needs no cover.
        #expect(plan.rootfs.tree["/rootfs/etc/shadow"] == nil)
    }

    @Test func executablesInTheProjectAreMountedOverThemselves() throws {
        try host.file("\(project)/temp/tools/run.sh", "#!/bin/bash\n", mode: 0o755)
        #expect(
            try binds(
                readOnly: ["P"], writable: ["P/temp"],
                executables: ["/usr/bin/bash", "P/test-script.sh", "P/temp/tools/run.sh"]) == [
                    "P ro,nosuid,nodev,noexec",
                    "P/temp nosuid,nodev,noexec",
                    "P/temp/tools nosuid,nodev,noexec",
                    "P/temp/tools/run.sh ro,nosuid,nodev",
                    "P/test-script.sh ro,nosuid,nodev",
                ])
        try host.directory("\(project)/temp/tools/cache")
        // A directory of executables too, and what may be written in it may not be executed.
        #expect(
            try binds(writable: ["P", "P/temp/tools/cache"], executables: ["/usr/bin/bash", "P/temp/tools"]) == [
                "P nosuid,nodev,noexec", "P/temp nosuid,nodev,noexec", "P/temp/tools ro,nosuid,nodev",
                "P/temp/tools/cache nosuid,nodev,noexec",
            ])
    }

    @Test func aTreeOfExecutablesNeedsOneMount() throws {
        let policy = host.policy(readOnly: ["/usr"], executables: ["/usr"])
        #expect(try host.binds(policy, below: "/usr") == ["/usr ro,nosuid,nodev"])
        // Readable is not executable: then each program and library has its own.
        #expect(
            try host.binds(host.policy(readOnly: ["/usr"]), below: "/usr") == [
                "/usr ro,nosuid,nodev,noexec",
                "/usr/bin/bash ro,nosuid,nodev",
                "/usr/lib/x86_64-linux-gnu/gconv ro,nosuid,nodev",
                "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 ro,nosuid,nodev",
                "/usr/lib/x86_64-linux-gnu/libc.so.6 ro,nosuid,nodev",
                "/usr/lib/x86_64-linux-gnu/libgcc_s.so.1 ro,nosuid,nodev",
            ])
    }

    @Test func mountsOfTheHostBelowATreeComeAlongAsLittlePrivileged() throws {
        try host.file("/proc/self/mountinfo", "22 1 8:1 / \(project)/a\\040b rw,relatime - ext4 /dev/sda rw\n")
        #expect(
            try binds(readOnly: ["P"], writable: ["P/doc"]) == [
                "P ro,nosuid,nodev,noexec,rro,rnosuid,rnodev,rnoexec", "P/doc nosuid,nodev,noexec",
            ])
        let mounts = try host.plan(host.policy(writable: [project])).mounts.map(\.mount)
        #expect(
            mounts.first { $0.destination == project }?.options
                == ["rbind", "nosuid", "nodev", "noexec", "rnosuid", "rnodev", "rnoexec"])
    }

    @Test func everySandboxHasItsOwnOfSomePlaces() throws {
        let plan = try host.plan(host.policy(readOnly: [project]))
        let fresh = plan.mounts.map(\.mount).filter { $0.type != "bind" }.map {
            "\($0.destination) \($0.type ?? "") \($0.options.joined(separator: ","))"
        }
        #expect(
            fresh == [
                "/proc proc nosuid,nodev,noexec",
                "/dev tmpfs nosuid,noexec,mode=755,size=64k,nr_inodes=1024",
                "/dev/pts devpts nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,max=256",
                "/dev/shm tmpfs nosuid,nodev,noexec,mode=1777,size=256m,nr_inodes=65536",
                "/home/user tmpfs nosuid,nodev,noexec,mode=700,uid=1000,gid=1000,size=1024m,nr_inodes=262144",
                "/run tmpfs nosuid,nodev,noexec,mode=755,uid=1000,gid=1000,size=64m,nr_inodes=16384",
                "/tmp tmpfs nosuid,nodev,noexec,mode=1777,uid=1000,gid=1000,size=1024m,nr_inodes=262144",
            ])
    }

    @Test func aRuleTakesTheFreshPlacesPlace() throws {
        let policy = host.policy(readOnly: [project], writable: ["/tmp"])
        #expect(try host.binds(policy, below: "/tmp") == ["/tmp nosuid,nodev,noexec"])
        // A home that holds the project from below is the project's.
        host.caller.environment["HOME"] = project + "/doc"
        let plan = try host.plan(host.policy(readOnly: [project]))
        #expect(!plan.mounts.contains { $0.mount.destination == project + "/doc" })
        // One whose directory is missing in what the host shows cannot be mounted on it.
        host.caller.environment["HOME"] = "/home/other"
        #expect(
            try !host.plan(host.policy(readOnly: ["/home"])).mounts.contains { $0.mount.destination == "/home/other" })
    }

    @Test func aLinkInAFreshHomeIsThereToo() throws {
        try host.elf("/home/user/.tools/v2/bin/tool", .program(needs: "libc.so.6"))
        try host.link("/home/user/.tools/current", to: "v2")
        let tool = "/home/user/.tools/current/bin/tool"
        let plan = try host.plan(host.policy(executables: [tool]), [tool])
        // The home begins with what the root file system holds there.
        #expect(
            plan.mounts.first { $0.mount.destination == "/home/user" }?.mount.options.suffix(2)
                == ["nr_inodes=262144", "tmpcopyup"])
        #expect(plan.rootfs.tree["/rootfs/home/user/.tools/current"] == .link(target: "v2"))
        #expect(plan.mounts.contains { $0.mount.destination == "/home/user/.tools/v2/bin/tool" })
        #expect(plan.rootfs.ownedDirectories == ["/rootfs/home/user"])
        // Over something of the host it must not, since that would be the host's home.
        #expect(
            host.outcome(host.policy(readOnly: ["/home"], executables: [tool]), [tool])
                == "the symbolic link \"/home/user/.tools/current\" lies in \"/home/user\", which is not the host's in "
                + "the sandbox; name the file that it leads to")
    }

    @Test func whatRootMakesInAnothersHomeIsTheOthers() throws {
        try host.directory("/home/user/.config/tool")
        let policy = host.policy(readOnly: [host.project], writable: ["/home/user/.config/tool"])
        #expect(try host.plan(policy).rootfs.ownedDirectories == [])
        let owner = try #require(try host.files.status(host.project)).uid
        host.caller.uid = 0
        #expect(try host.plan(policy).rootfs.ownedDirectories == (owner == 0 ? [] : ["/rootfs/home/user"]))
    }

    @Test func aLinkInADeniedDirectoryIsThereToo() throws {
        try host.elf("/opt/tool/real", .program())
        try host.link("/opt/tool/name", to: "real")
        let plan = try host.plan(
            host.policy(readOnly: ["/opt"], denied: ["/opt/tool"], executables: ["/opt/tool/name"]), ["/opt/tool/name"])
        #expect(plan.rootfs.tree["/masks/directory0/name"] == .link(target: "real"))
        #expect(plan.rootfs.tree["/masks/directory0/real"] == .file(contents: [], mode: 0))
    }

    @Test func namesThatLookAlikeAreDifferentFiles() throws {
        // U+00E9, and e with U+0301: equal for Swift, two names for the kernel.
        let (composed, decomposed) = ("\(project)/\u{E9}", "\(project)/e\u{301}")
        try host.file(composed)
        try host.file(decomposed)
        #expect(
            try binds(readOnly: ["P"], denied: [decomposed]) == [
                "P ro,nosuid,nodev,noexec", "P/e\u{301} ro,nosuid,nodev,noexec from masks/file",
            ])
        #expect(
            try host.plan(host.policy(readOnly: [project], denied: [composed, decomposed])).mounts.count {
                $0.origin.hasPrefix("denied")
            } == 2)
        // A slash with an accent is a slash and a name that begins with an accent.
        try host.file("\(project)/a/\u{301}x")
        #expect(
            try binds(readOnly: ["P/a"], denied: ["P/a/\u{301}x"]) == [
                "P/a ro,nosuid,nodev,noexec", "P/a/\u{301}x ro,nosuid,nodev,noexec from masks/file",
            ])
    }
}
