import Glibc
import Testing

/// Docker's engine, with the runtime as one of its own.
@Suite(.needsRoot, .serialized) struct DockerTests {
    let scratch = Scratch()
    let docker: Docker

    init() throws { docker = try Docker(scratch) }

    @Test func runPassesOutputAndStatus() throws {
        let output = try docker.run("sh", "-c", "echo out; echo err >&2; exit 7")
        #expect(output.status == 7 && output.standardOutput == "out\n" && output.standardError == "err\n", "\(output)")
        let missing = try docker.run("/no/such")
        #expect(missing.status == 127 && missing.standardError.contains("no such file or directory"), "\(missing)")
        let forbidden = try docker.run("/etc/passwd")
        #expect(forbidden.status == 126 && forbidden.standardError.contains("permission denied"), "\(forbidden)")
    }

    @Test func confinementThatWasAskedForHolds() throws {
        let options = [
            "--user", "1000", "--read-only", "--cap-drop", "all", "--init", "--security-opt", "no-new-privileges",
        ]
        let output = try docker.run("sh", "-c", "id -u; touch /x; cat /proc/self/status", options: options)
        #expect(output.standardOutput.hasPrefix("1000\n"), "\(output)")
        #expect(output.standardError.contains("Read-only file system"))
        #expect(output.standardOutput.contains("CapBnd:\t0000000000000000"))
        #expect(output.standardOutput.contains("NoNewPrivs:\t1") && output.standardOutput.contains("Seccomp:\t2"))
    }

    @Test func limitsHold() throws {
        let output = try docker.run(
            "sh", "-c", "cat /proc/self/cgroup; exec dd if=/dev/zero of=/dev/null bs=64M count=1",
            options: ["--memory", "16m", "--memory-swap", "16m"])
        #expect(output.status == 137, "\(output)")
    }

    @Test func aServiceLivesAndEnds() throws {
        try docker.start("service")
        #expect(try docker("top", "service").succeeded().standardOutput.contains("sleep 0.05"))
        let output = try docker(
            "exec", "--env", "A=b", "--user", "1000", "service", "sh", "-c", "echo $A; id -u; exit 7")
        #expect(output.status == 7 && output.standardOutput == "b\n1000\n", "\(output)")
        _ = try docker("update", "--memory", "100m", "--memory-swap", "200m", "service").succeeded()
        _ = try docker("pause", "service").succeeded()
        #expect(try docker.status("service") == "paused")
        _ = try docker("unpause", "service").succeeded()
        _ = try docker("stop", "-t", "20", "service").succeeded()
        #expect(try docker("inspect", "-f", "{{.State.ExitCode}}", "service").succeeded().standardOutput == "0\n")
        _ = try docker("start", "service").succeeded()
        #expect(try docker.status("service") == "running")
        _ = try docker("kill", "service").succeeded()
        try eventually("the end of the service") { try docker.status("service") == "exited" }
        #expect(try docker("logs", "service").succeeded().standardOutput.hasPrefix("ready\n"))
        _ = try docker("rm", "service").succeeded()
    }
}

/// A Docker engine of the test's own, without networks, and with the image in it.
final class Docker {
    private let socket: String
    private var daemon: EngineDaemon?
    private var options: [String] { ["--runtime", "tested", "--network", "none"] + Engine.resourceLimits }

    init(_ scratch: Scratch) throws {
        let directory = try scratch.makeDirectory("docker")
        socket = "unix://\(directory)/socket"
        let daemon = Command(
            "/usr/sbin/dockerd",
            [
                "--data-root", directory + "/data", "--exec-root", directory + "/exec", "--host", socket,
                "--pidfile", directory + "/pid", "--bridge", "none", "--iptables=false", "--ip6tables=false",
                "--storage-driver", "vfs", "--exec-opt", "native.cgroupdriver=cgroupfs",
                "--add-runtime", "tested=" + Runtime.current.path, "--log-level", "warn",
            ])
        self.daemon = try EngineDaemon(daemon, probe: Command("/usr/bin/docker", ["--host", socket, "version"]))
        _ = try self("import", Engine.makeImage(scratch), Engine.image).succeeded()
    }

    func callAsFunction(_ words: [String]) throws -> Output {
        try Command("/usr/bin/docker", ["--host", socket] + words).run(timeout: 120)
    }
    func callAsFunction(_ words: String...) throws -> Output { try self(words) }

    /// Runs a container of the image to its end.
    func run(_ words: String..., options more: [String] = []) throws -> Output {
        try self(["run", "--rm"] + options + more + [Engine.image] + words)
    }

    /// Starts a container that ends at SIGTERM, and waits until it is ready for that.
    func start(_ name: String) throws {
        _ = try self(["run", "--detach", "--name", name] + options + [Engine.image] + Engine.service).succeeded()
        try eventually("the service to be ready") { try self("logs", name).standardOutput == "ready\n" }
    }

    func status(_ name: String) throws -> String {
        try self("inspect", "-f", "{{.State.Status}}", name).succeeded().standardOutput.trimmed
    }
}
