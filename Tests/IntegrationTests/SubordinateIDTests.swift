import Glibc
import Testing

private let hasHelpers = ["/usr/bin/newuidmap", "/usr/bin/newgidmap", "/etc/subuid", "/etc/subgid"].allSatisfy(
    Files.exists)

/// A user whose administrator has granted more ids than the own one (subuid(5)), and bundles that ask for them.
@Suite(.needsRoot, .enabled(if: hasHelpers, "needs the package uidmap")) struct SubordinateIDTests {
    private static let user: UInt32 = 12346
    private static let first = 300_000

    let scratch = Scratch(user: SubordinateIDTests.user)

    /// A container in which root is the user and what is above are the user's sub-ids.
    private func container(_ configure: (inout Config) throws -> Void) throws -> Container {
        try scratch.container {
            $0.userNamespace(ofUser: Self.user, group: Self.user)
            for key in ["uidMappings", "gidMappings"] {
                $0.linux[key] = [
                    ["containerID": 0, "hostID": .number(Int(Self.user)), "size": 1],
                    ["containerID": 1, "hostID": .number(Self.first), "size": 65536],
                ]
            }
            $0.linux["cgroupsPath"] = nil
            $0.linux["resources"] = nil
            try configure(&$0)
        }
    }

    /// A command as the user, who is in a passwd of its own and has what `grants` says.
    private func asUser(_ command: Command, grants: String? = nil, first: String = "true") throws -> Command {
        let place = try scratch.directory + "/grants-\(uniqueNumber())"
        try Files.makeDirectory(place)
        try Files.write(grants ?? "tester:\(Self.first):65536\n", to: place + "/subid")
        try Files.write(
            Files.read("/etc/passwd") + "tester:x:\(Self.user):\(Self.user)::/nonexistent:/bin/sh\n",
            to: place + "/passwd")
        _ = try Command("/bin/cp", ["/usr/bin/setpriv", place]).run().succeeded()
        let script = """
            cd \(place); mount --bind passwd /etc/passwd
            for file in subuid subgid; do mount --bind subid /etc/$file; done
            \(first)
            exec ./setpriv --reuid \(Self.user) --regid \(Self.user) --clear-groups "$@"
            """
        var inner = command
        inner.user = nil
        inner.program = "/usr/bin/unshare"
        inner.arguments = ["--mount", "/bin/sh", "-euc", script, "sh", command.program] + command.arguments
        return inner
    }

    @Test func whatIsGrantedIsMapped() throws {
        let container = try container {
            $0.capabilities(["CAP_CHOWN", "CAP_SETUID"], in: ["bounding", "permitted", "effective"])
            $0.payload("ids", ",", "chown", "5", "6", "/data", ",", "read", "/proc/self/setgroups")
        }
        // What stands in the caller's PATH is not what writes the map.
        let evil = try scratch.makeDirectory("evil")
        for name in ["newuidmap", "newgidmap"] {
            try Files.write("#!/bin/sh\ntouch \(evil)/ran\n", to: "\(evil)/\(name)", mode: 0o755)
        }
        var command = try asUser(container.running())
        agentrtOnly { command.environment["PATH"] = evil + ":/usr/bin:/bin:/usr/sbin:/sbin" }
        let facts = try command.run().succeeded().facts
        #expect(facts["uid"] == "0 0 0" && facts["chown /data"] == "ok", "\(facts)")
        #expect(facts["read /proc/self/setgroups"]?.hasPrefix("allow") == true)
        let status = try #require(Files.status(container.bundle.rootfs + "/data"))
        #expect(status.st_uid == UInt32(Self.first) + 4 && status.st_gid == UInt32(Self.first) + 5)
        #expect(!Files.exists(evil + "/ran"))
    }

    @Test func theProgramMayBeAnyOfThem() throws {
        let facts = try asUser(
            container {
                $0.process["user"] = ["uid": 1000, "gid": 1001, "additionalGids": [7, 8]]
                $0.process["capabilities"] = nil
                $0.payload("ids", ",", "caps", ",", "read", "/proc/self/uid_map")
            }.running()
        ).run().succeeded().facts
        #expect(facts["uid"] == "1000 1000 1000" && facts["gid"] == "1001 1001 1001", "\(facts)")
        #expect(facts["groups"] == "7 8" && facts["effective"] == "0", "\(facts)")
    }

    @Test func aProgramCanBeAdded() throws {
        let container = try container { $0.payload("trap", "TERM") }
        let process = try asUser(container.running()).start()
        try process.waitForOutput("ready")
        let added = try asUser(
            container.command("exec", "--user", "33:34", container.id, "/payload", "ids")
        ).run().succeeded().facts
        #expect(added["uid"] == "33 33 33" && added["gid"] == "34 34 34", "\(added)")
        _ = try asUser(container.command("kill", container.id, "TERM")).run().succeeded()
        _ = try process.wait()
    }

    /// Users by the helper, groups by the user itself, who can give up none then.
    @Test func oneMapMayBeTheUsersOwn() throws {
        let facts = try asUser(
            container {
                $0.linux["gidMappings"] = [["containerID": 0, "hostID": .number(Int(Self.user)), "size": 1]]
                $0.process["user"] = ["uid": 9, "gid": 0]
                $0.payload("ids", ",", "read", "/proc/self/setgroups")
            }.running()
        ).run().succeeded().facts
        #expect(facts["uid"] == "9 9 9" && facts["read /proc/self/setgroups"]?.hasPrefix("deny") == true, "\(facts)")
    }

    @Test(
        .agentrtOnly,
        arguments: [
            (
                "",
                "linux.gidMappings[1]: /etc/subgid does not grant 300000 to 365535 to tester; as root: "
                    + "echo tester:300000:65536 >>/etc/subgid"
            ),
            ("tester:300000:65535\n", "echo tester:300000:65536 >>/etc/subgid"),
            ("tester:299999:65536\nother:300000:65536\n", "does not grant 300000 to 365535 to tester"),
        ])
    func whatIsNotGrantedIsRefused(_ grants: String, _ message: String) throws {
        try isRefused(message) { try asUser($0, grants: grants) }
    }

    /// A container is refused with a message, and nothing of it stays.
    private func isRefused(_ message: String, _ asUser: (Command) throws -> Command) throws {
        let container = try container { _ in }
        let told = try asUser(container.creating()).run().refused()
        #expect(told.contains(message), "\(told)")
        #expect(Files.list(container.root).filter { !$0.hasPrefix(".") } == [])
    }

    @Test(.agentrtOnly) func grantsMayBeInPiecesAndByNumber() throws {
        let container = try container { $0.payload("ids") }
        let grants = "12346:340000:30000\nother:1:5\n12346:300000:40000\n"
        #expect(try asUser(container.running(), grants: grants).run().succeeded().facts["uid"] == "0 0 0")
    }

    @Test(
        .agentrtOnly,
        arguments: [
            ("mount -t tmpfs none /usr/bin", "which is missing; as root: apt-get install uidmap"),
            ("chown 12346 passwd; mount --bind passwd /usr/bin/newgidmap", "is not a file that only root can write"),
            ("chmod 666 passwd; mount --bind passwd /usr/bin/newgidmap", "is not a file that only root can write"),
            (
                "cp /usr/bin/newgidmap plain; mount --bind plain /usr/bin/newgidmap",
                "linux.gidMappings: /usr/bin/newgidmap: "
            ),
        ])
    func theHelperIsRootsOwn(_ first: String, _ message: String) throws {
        try isRefused(message) { try asUser($0, first: first) }
    }

    @Test(.agentrtOnly) func doctorTellsOfThem() throws {
        let doctor = Command(Runtime.current.path, ["doctor"])
        #expect(try asUser(doctor).run().standardOutput.contains("65536 from 300000 (/etc/subuid)"))
        #expect(try asUser(doctor, grants: "").run().standardOutput.contains("/etc/subuid has none for this user"))
    }
}
