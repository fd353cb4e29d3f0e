import Glibc
import Testing

/// containerd's shim for runc, with the runtime in runc's place.
@Suite(.needsRoot, .serialized) struct ContainerdTests {
    let scratch = Scratch()
    let containerd: Containerd

    init() throws { containerd = try Containerd(scratch) }

    @Test func runPassesOutputAndStatus() throws {
        let output = try containerd.run("sh", "-c", "echo out; exit 7")
        #expect(output.status == 7 && output.standardOutput == "out\n", "\(output)")
        let missing = try containerd.run("/no/such")
        #expect(missing.status == 1 && missing.standardError.contains("no such file or directory"), "\(missing)")
    }

    @Test func confinementThatWasAskedForHolds() throws {
        let options = ["--read-only", "--seccomp", "--cwd", "/tmp", "--env", "A=b"]
        let output = try containerd.run(
            "sh", "-c", "pwd; echo $A; touch /x; cat /proc/self/status", options: options)
        #expect(output.standardOutput.hasPrefix("/tmp\nb\n"), "\(output)")
        #expect(output.standardError.contains("Read-only file system"))
        #expect(output.standardOutput.contains("Seccomp:\t2"))
    }

    @Test func aUserNamespaceIsMapped() throws {
        let maps = ["--uidmap", "0:200000:65536", "--gidmap", "0:200000:65536"]
        let output = try containerd.run("sh", "-c", "id -u; cat /proc/self/uid_map", options: maps).succeeded()
        #expect(output.standardOutput.split(separator: " ").joined(separator: " ") == "0\n 0 200000 65536\n")
    }

    @Test func aTerminalIsOne() throws {
        let words = containerd.words(containerd.runWords(["-t"], ["sh", "-c", "tty; exit 3"])).joined(separator: " ")
        let quoted = words.replacing(" -c tty; exit 3", with: " -c 'tty; exit 3'")
        let output = try Command("/usr/bin/script", ["-qec", quoted, "/dev/null"]).run(timeout: 60)
        #expect(output.status == 3 && output.standardOutput.contains("/dev/pts/0"), "\(output)")
    }

    @Test func aTaskLivesAndEnds() throws {
        let id = "test-\(uniqueNumber())"
        _ = try containerd(containerd.runWords(["--detach"], ["sleep", "1000"], id: id)).succeeded()
        func status() throws -> String? {
            try containerd("task", "ls").succeeded().standardOutput.split(separator: "\n")
                .first { $0.hasPrefix(id + " ") }?.split(separator: " ").last.map(String.init)
        }
        #expect(try status() == "RUNNING")
        #expect(try containerd("task", "ps", id).succeeded().standardOutput.split(separator: "\n").count == 2)
        let output = try containerd("task", "exec", "--exec-id", "one", id, "sh", "-c", "echo in; exit 7")
        #expect(output.status == 7 && output.standardOutput == "in\n", "\(output)")
        _ = try containerd("task", "pause", id).succeeded()
        #expect(try status() == "PAUSED")
        _ = try containerd("task", "resume", id).succeeded()
        #expect(try status() == "RUNNING")
        _ = try containerd("task", "kill", "--signal", "KILL", id).succeeded()
        try eventually("the end of the task") { try status() == "STOPPED" }
        _ = try containerd("task", "rm", id)
        _ = try containerd("container", "rm", id).succeeded()
        #expect(try status() == nil)
    }
}

/// A containerd of the test's own, with the image in it.
final class Containerd {
    private let socket: String
    private let state: String
    private var daemon: EngineDaemon?

    init(_ scratch: Scratch) throws {
        let directory = try scratch.makeDirectory("containerd")
        socket = directory + "/socket"
        state = directory + "/state"
        let configuration = try scratch.makeFile(
            "containerd.toml",
            """
            version = 2
            root = "\(directory)/root"
            state = "\(state)"
            disabled_plugins = ["io.containerd.grpc.v1.cri"]
            [grpc]
              address = "\(socket)"
            """)
        // The importing tool is podman: ctr wants an archive with a manifest.
        let podman = try Podman(scratch)
        let archive = try scratch.path("image.oci.tar")
        _ = try podman("save", "--format", "oci-archive", "--output", archive, Engine.image).succeeded()
        daemon = try EngineDaemon(
            Command("/usr/bin/containerd", ["--config", configuration, "--log-level", "warn"]),
            probe: Command("/usr/bin/ctr", ["--address", socket, "version"]))
        _ = try self("image", "import", "--snapshotter", "native", archive).succeeded()
    }

    func words(_ words: [String]) -> [String] { ["/usr/bin/ctr", "--address", socket] + words }

    func callAsFunction(_ words: [String]) throws -> Output {
        let all = self.words(words)
        return try Command(all[0], Array(all.dropFirst())).run(timeout: 120)
    }
    func callAsFunction(_ words: String...) throws -> Output { try self(words) }

    /// The words of `ctr run`.
    func runWords(_ options: [String], _ program: [String], id: String? = nil) -> [String] {
        let runtime = ["--runc-binary", Runtime.current.path, "--runc-root", state + "/runtime"]
        return ["run", "--snapshotter", "native"] + runtime + (options.contains("--detach") ? [] : ["--rm"]) + options
            + [Engine.image + ":latest", id ?? "test-\(uniqueNumber())"] + program
    }

    /// Runs a container of the image to its end.
    func run(_ words: String..., options: [String] = []) throws -> Output { try self(runWords(options, words)) }
}
