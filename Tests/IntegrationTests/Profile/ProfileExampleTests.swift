import Glibc
import Testing

/// The two examples of the user who asked for this program, run for real.
@Suite(.needsRoot, .agentrtOnly) struct ProfileExampleTests {
    private static let withScript = [
        "/usr/bin/bash", "/usr/bin/ls", "/usr/bin/curl", "<project root>/test-script.sh",
    ]

    @Test(arguments: Identity.allCases) func whatIsListedRuns(_ identity: Identity) throws {
        let project = try SandboxedProject(identity)
        #expect(try project.run("ls", "src").succeeded().standardOutput == "main.txt\n")
        #expect(try project.run("bash", "-c", "echo $((6 * 7))").succeeded().standardOutput == "42\n")
        #expect(try project.run("curl", "--version").succeeded().standardOutput.hasPrefix("curl "))
        #expect(Files.list(try project.scratch.stateRoot).allSatisfy { $0.hasPrefix(".") })
    }

    @Test(arguments: Identity.allCases) func nothingOutsideTheProjectCanBeRead(_ identity: Identity) throws {
        let project = try SandboxedProject(identity)
        for path in [project.secret, "/etc/shadow", "/etc/hostname", "/root", "/home", "/var", "/sys/kernel", "/boot"] {
            let output = try project.bash("read -r line < '\(path)' && echo \"$line\"; ls '\(path)'")
            #expect(output.status != 0 && output.standardOutput.isEmpty, "\(path): \(output)")
        }
        #expect(try project.bash("echo \"${SECRET_KEY-none}\"").standardOutput == "none\n")
    }

    @Test(arguments: Identity.allCases) func onlyDocAndTempCanBeWritten(_ identity: Identity) throws {
        let project = try SandboxedProject(identity)
        #expect(try project.bash("echo text > doc/file && echo text > temp/file").status == 0)
        #expect(try Files.read(project.directory + "/doc/file") == "text\n")
        for path in ["src/main.txt", "src/new", "new", "test-script.sh", "/usr/bin/ls", "/etc/passwd", "/new"] {
            let output = try project.bash("echo evil > '\(path)'")
            #expect(output.status == 1, "\(path): \(output)")
        }
        #expect(try Files.read(project.directory + "/src/main.txt") == "source\n")
        #expect(Files.list(project.directory).sorted() == ["doc", "src", "temp", "test-script.sh"])
    }

    @Test(arguments: Identity.allCases) func nothingElseCanBeExecuted(_ identity: Identity) throws {
        let project = try SandboxedProject(identity)
        for line in [
            "/usr/bin/id", "id", "/usr/bin/python3 -c 1", "/proc/self/root/usr/bin/id", "./test-script.sh",
            "/lib64/ld-linux-x86-64.so.2 /usr/bin/id", "exec -a ls /usr/bin/id",
            "echo '#!/usr/bin/python3' > temp/x; ./temp/x",
        ] {
            let output = try project.bash(line)
            #expect([126, 127].contains(output.status), "\(line): \(output)")
            #expect(output.standardOutput.isEmpty, "\(line): \(output)")
        }
        let refused = try project.run("id")
        #expect(refused.status != 0 && refused.standardError.contains("\"id\" is not an allowed executable"))
    }

    @Test(arguments: Identity.allCases) func aListedScriptIsBoundByTheListToo(_ identity: Identity) throws {
        let project = try SandboxedProject(identity, executables: Self.withScript)
        for words in [["./test-script.sh"], ["bash", "-c", "./test-script.sh"]] {
            let output = try project.run(words)
            #expect(output.standardOutput == "main.txt\n")
            for name in ["id", "cp", "python3"] { #expect(output.standardError.contains("\(name): command not found")) }
            #expect(output.status == 127)
        }
        #expect(Files.list(project.directory + "/temp").isEmpty)
    }

    @Test(arguments: Identity.allCases) func curlCannotConnect(_ identity: Identity) throws {
        let listener = try LoopbackListener()
        let project = try SandboxedProject(identity)
        let output = try project.run("curl", "-sS", "--max-time", "5", "http://127.0.0.1:\(listener.port)/")
        #expect(output.status == 7, "\(output)")
        #expect(try project.run("curl", "-sS", "--max-time", "5", "http://192.0.2.1/").status == 7)
        #expect(!listener.wasCalled)
        // The listener is there: without the sandbox the same call reaches it.
        _ = try Command("/usr/bin/curl", ["-s", "--max-time", "1", "http://127.0.0.1:\(listener.port)/"]).run()
        #expect(listener.wasCalled)
    }
}

/// A TCP listener on the host's loopback that notices whether anybody called.
final class LoopbackListener {
    let port: UInt16
    private let socket: Int32

    init() throws {
        socket = try check(Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_NONBLOCK, 0), "socket", "")
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = self.socket
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && listen(socket, 8) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        guard bound else { throw Failure("no listener on the loopback interface") }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(socket) }

    var wasCalled: Bool {
        let connection = accept(socket, nil, nil)
        if connection >= 0 { close(connection) }
        return connection >= 0
    }
}
