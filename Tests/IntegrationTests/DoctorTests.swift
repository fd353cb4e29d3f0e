import Glibc
import JSON
import Testing

/// `doctor` on hosts that can and that cannot: what is missing is named, with what helps, and so it is when a run fails.
@Suite(.needsRoot, .agentrtOnly) struct DoctorTests {
    /// The findings, by name.
    private func examine(_ command: Command) throws -> (works: Bool, status: Int32, findings: [String: JSONObject]) {
        let output = try command.run(timeout: 120)
        let object = try JSONParser.parse(Array(output.standardOutput.utf8)).asObject()
        var findings: [String: JSONObject] = [:]
        guard case .array(let elements)? = object["findings"]?.content else { throw Failure("\(output)") }
        for element in elements {
            let finding = try element.asObject()
            findings[try finding.required("name")] = finding
        }
        return (try object.required("works"), output.status, findings)
    }

    private func doctor(_ user: UInt32? = nil, in scratch: Scratch? = nil) throws -> Command {
        var command = Command(Runtime.current.path, ["doctor", "--json"])
        command.user = user
        if let scratch { command.environment["TMPDIR"] = try scratch.directory }
        return command
    }

    private func text(_ finding: JSONObject?, _ key: String) throws -> String {
        try #require(finding).optional(key) ?? ""
    }

    @Test(arguments: [nil, 12345] as [UInt32?]) func aSandboxWorksHere(_ user: UInt32?) throws {
        let scratch = Scratch(user: user)
        let (works, status, findings) = try examine(try doctor(user, in: scratch))
        #expect(works && status == 0, "\(findings)")
        for name in ["kernel 5.14", "user namespace", "mounts", "proc", "Landlock", "seccomp", "run --profile"] {
            #expect(try text(findings[name], "result") == "yes", "\(name)")
        }
        #expect(Files.list(try scratch.directory).allSatisfy { !$0.hasPrefix("agentrt-doctor") })
    }

    /// A command in a user namespace in which no further one may be made.
    private func withoutUserNamespaces(_ command: Command) -> Command {
        var inner = command
        inner.program = "/usr/bin/unshare"
        inner.arguments =
            [
                "--user", "--map-current-user", "--keep-caps", "/bin/sh", "-euc",
                "echo 0 >/proc/sys/user/max_user_namespaces; exec setpriv --ambient-caps=-all --inh-caps=-all \"$@\"",
                "sh",
                command.program,
            ] + command.arguments
        return inner
    }

    @Test func switchedOffNamespacesAreNamed() throws {
        let (works, status, findings) = try examine(withoutUserNamespaces(try doctor(12345)))
        #expect(!works && status == 1)
        let finding = findings["user namespace"]
        #expect(try text(finding, "result") == "no")
        #expect(try text(finding, "detail").contains("user.max_user_namespaces is 0"))
        #expect(try text(finding, "remedy").contains("sysctl -w user.max_user_namespaces="))

        let project = try SandboxedProject(.user)
        let output = try withoutUserNamespaces(try project.command(["ls"], [], .nothing)).run()
        #expect(output.status == 1 && output.message.contains("user.max_user_namespaces is 0"), "\(output)")
        #expect(output.message.contains("sysctl -w user.max_user_namespaces="), "\(output)")
    }

    /// A command under a filter such as that of a container around, by which namespaces are refused.
    private func underFilter(_ command: Command) -> Command {
        var inner = command
        inner.program = "/usr/bin/python3"
        inner.arguments =
            [
                "-c",
                """
                import ctypes, os, struct, sys
                code = [(0x20,0,0,0), (0x15,2,0,272), (0x15,1,0,435), (6,0,0,0x7fff0000), (6,0,0,0x00050001)]
                text = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *line) for line in code))
                class Program(ctypes.Structure):
                    _fields_ = [("count", ctypes.c_ushort), ("code", ctypes.c_void_p)]
                program = Program(len(code), ctypes.addressof(text))
                libc = ctypes.CDLL(None, use_errno=True)
                assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0
                os.execv(sys.argv[1], sys.argv[1:])
                """, command.program,
            ] + command.arguments
        return inner
    }

    #if arch(x86_64)
        @Test func aFilterAroundIsNamed() throws {
            let output = try underFilter(try doctor(12345)).run(timeout: 120)
            // Without clone3 nothing can be tried at all, which is a finding as well.
            #expect(output.status == 1, "\(output)")
            #expect(output.standardOutput.contains("a seccomp filter of the container or service around"), "\(output)")
            #expect(output.standardOutput.contains("seccomp=unconfined"))

            let project = try SandboxedProject(.user)
            let run = try underFilter(try project.command(["ls"], [], .nothing)).run()
            #expect(run.status == 1 && run.message.contains("a seccomp filter of the container or service"), "\(run)")
        }
    #endif
}
