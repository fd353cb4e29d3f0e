import Glibc
import Testing

/// Podman, with the runtime below it: containers, pods, Kubernetes' YAML, builds.
@Suite(.needsRoot, .serialized) struct PodmanTests {
    let scratch = Scratch()
    let podman: Podman

    init() throws { podman = try Podman(scratch) }

    @Test func runPassesOutputInputAndStatus() throws {
        let output = try podman.run("sh", "-c", "echo out; echo err >&2; exit 7")
        #expect(output.status == 7 && output.standardOutput == "out\n" && output.standardError.contains("err"))
        var piped = podman.command(["run", "--rm", "-i"] + podman.options + [Engine.image, "cat"])
        piped.input = .text("through")
        #expect(try piped.run(timeout: 60).succeeded().standardOutput == "through")
    }

    @Test func whatCannotBeRunHasPodmansStatus() throws {
        let missing = try podman.run("/no/such")
        #expect(missing.status == 127, "\(missing)")
        #expect(missing.standardError.contains("not found"))
        let forbidden = try podman.run("/etc/passwd")
        #expect(forbidden.status == 126, "\(forbidden)")
        #expect(forbidden.standardError.contains("permission denied"))
    }

    @Test func confinementThatWasAskedForHolds() throws {
        let options = [
            "--user", "1000:1000", "--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges",
            "--hostname",
            "box", "--tmpfs", "/run", "--env", "A=b", "--workdir", "/tmp",
        ]
        let output = try podman.run(
            "sh", "-c", "id -u; hostname; echo $A; pwd; touch /x; cat /proc/self/status", options: options)
        let text = output.standardOutput
        #expect(text.hasPrefix("1000\nbox\nb\n/tmp\n"), "\(output)")
        #expect(output.standardError.contains("Read-only file system"))
        #expect(text.contains("CapBnd:\t0000000000000000") && text.contains("NoNewPrivs:\t1"))
        #expect(text.contains("Seccomp:\t2"))
    }

    @Test func aVolumeIsSharedAndATerminalIsOne() throws {
        let volume = try scratch.makeDirectory("volume")
        _ = try podman.run("sh", "-c", "echo kept >/data/file", options: ["--volume", "\(volume):/data"]).succeeded()
        #expect(try Files.read(volume + "/file") == "kept\n")
        // podman loses what a program writes that ends at once (seen under runc as well): this one stays a moment.
        let program = ["sh", "-c", "'sleep 0.5; tty; sleep 0.5'"]
        let script = podman.words(["run", "--rm", "-it"] + podman.options + [Engine.image] + program).joined(
            separator: " ")
        let output = try Command("/usr/bin/script", ["-qec", script, "/dev/null"]).run(timeout: 60).succeeded()
        #expect(output.standardOutput.contains("/dev/pts/0"))
    }

    @Test func aServiceLivesAndEnds() throws {
        try podman.start("service")
        #expect(try podman("top", "service", "pid", "args").succeeded().standardOutput.contains("sleep 0.05"))
        _ = try podman("pause", "service").succeeded()
        #expect(try podman.status("service") == "paused")
        _ = try podman("unpause", "service").succeeded()
        _ = try podman("stop", "-t", "20", "service").succeeded()
        #expect(try podman("inspect", "-f", "{{.State.ExitCode}}", "service").succeeded().standardOutput == "0\n")
        _ = try podman("start", "service").succeeded()
        #expect(try podman.status("service") == "running")
        _ = try podman("kill", "--signal", "KILL", "service").succeeded()
        try eventually("the end of the service") { try podman.status("service") == "exited" }
        #expect(try podman("logs", "service").succeeded().standardOutput == "ready\nready\n")
        _ = try podman("rm", "service").succeeded()
    }

    @Test func execAddsProgramsToAService() throws {
        try podman.start("service")
        defer { _ = try? podman("rm", "--force", "-t", "0", "service") }
        let options = ["--user", "1000", "--env", "A=b", "--workdir", "/tmp"]
        let output = try podman(["exec"] + options + ["service", "sh", "-c", "id -u; echo $A; pwd; exit 9"])
        #expect(output.status == 9 && output.standardOutput == "1000\nb\n/tmp\n", "\(output)")
        for (program, status) in [("no-such", 127), ("/no/such", 127), ("/etc/passwd", 126)] {
            #expect(try podman("exec", "service", program).status == Int32(status), "\(program)")
        }
        var piped = podman.command(["exec", "-i", "service", "cat"])
        piped.input = .text("through")
        #expect(try piped.run(timeout: 60).succeeded().standardOutput == "through")
        let script = podman.words(["exec", "-it", "service", "tty"]).joined(separator: " ")
        let terminal = try Command("/usr/bin/script", ["-qec", script, "/dev/null"]).run(timeout: 60).succeeded()
        #expect(terminal.standardOutput.contains("/dev/pts/"))
        _ = try podman("exec", "--detach", "service", "sh", "-c", "echo kept >/tmp/kept").succeeded()
        try eventually("what runs aside") {
            try podman("exec", "service", "cat", "/tmp/kept").standardOutput == "kept\n"
        }
    }

    @Test func containersOfAPodShareWhatThePodSays() throws {
        _ = try podman(
            "pod", "create", "--name", "pod", "--network", "none", "--share", "ipc,uts", "--hostname", "shared"
        )
        .succeeded()
        let options = ["run", "--rm", "--pod", "pod"] + podman.limits
        let name = try podman(options + [Engine.image, "hostname"]).succeeded().standardOutput
        #expect(name == "shared\n")
        _ = try podman("pod", "rm", "--force", "pod").succeeded()
    }

    @Test func kubernetesYAMLIsPlayed() throws {
        let file = try scratch.makeFile(
            "pod.yaml",
            """
            apiVersion: v1
            kind: Pod
            metadata: { name: played }
            spec:
              hostNetwork: true
              restartPolicy: Never
              containers:
              - name: one
                image: \(Engine.image):latest
                imagePullPolicy: Never
                command: ["/bin/sh", "-c", "echo from kube; exit 3"]
            """)
        _ = try podman("kube", "play", file).succeeded()
        try eventually("the end of the pod's container") { try podman.status("played-one") == "exited" }
        #expect(try podman("inspect", "-f", "{{.State.ExitCode}}", "played-one").succeeded().standardOutput == "3\n")
        #expect(try podman("logs", "played-one").succeeded().standardOutput == "from kube\n")
        _ = try podman("kube", "down", file).succeeded()
    }

    @Test func imagesAreBuilt() throws {
        let context = try scratch.makeDirectory("context")
        try Files.write(
            "FROM \(Engine.image)\nRUN echo built >/built\nCMD cat /built\n", to: context + "/Containerfile")
        _ = try podman(["build", "--network", "none"] + Engine.resourceLimits + ["--tag", "localhost/built", context])
            .succeeded()
        let output = try podman(["run", "--rm"] + podman.options + ["localhost/built"]).succeeded()
        #expect(output.standardOutput == "built\n")
    }

    @Test func buildahRunsSteps() throws {
        let buildah = podman.storage + ["--storage-driver", "vfs"]
        func run(_ words: String...) throws -> Output {
            try Command("/usr/bin/buildah", buildah + words).run(timeout: 60)
        }
        let name = try run("from", "--pull-never", Engine.image).succeeded().standardOutput.trimmed
        let options = ["run", "--isolation", "oci", "--network", "none", "--runtime", Runtime.current.path, name, "--"]
        func step(_ words: String...) throws -> Output {
            try Command("/usr/bin/buildah", buildah + options + words).run(timeout: 60)
        }
        let output = try step("sh", "-c", "echo in a step; id -u").succeeded()
        #expect(output.standardOutput == "in a step\n0\n")
        #expect(try step("sh", "-c", "exit 3").status == 3)
        _ = try run("rm", name).succeeded()
    }
}

/// Podman of a user without sub-ids: a user namespace with the one id, and no control group.
@Suite(.needsRoot, .serialized) struct RootlessPodmanTests {
    let scratch = Scratch(user: 65534)
    let podman: Podman

    init() throws { podman = try Podman(scratch) }

    @Test func runPassesOutputAndStatus() throws {
        let output = try podman.run("sh", "-c", "id -u; cat /proc/self/uid_map; echo >/dev/null; exit 7")
        #expect(output.status == 7, "\(output)")
        #expect(output.standardOutput.split(separator: " ").joined(separator: " ") == "0\n 0 65534 1\n")
    }

    @Test func aServiceLivesAndEnds() throws {
        try podman.start("service")
        #expect(try podman.status("service") == "running")
        #expect(try podman("exec", "service", "id", "-u").succeeded().standardOutput == "0\n")
        _ = try podman("stop", "-t", "20", "service").succeeded()
        #expect(try podman("inspect", "-f", "{{.State.ExitCode}}", "service").succeeded().standardOutput == "0\n")
        _ = try podman("rm", "service").succeeded()
    }
}

/// A podman whose images, containers and configuration are the test's own.
final class Podman {
    /// Where images and containers are; buildah's options too.
    let storage: [String]
    private let globals: [String]
    private let configuration: String
    private let scratch: Scratch

    /// Limits for a container.
    let limits: [String]
    var options: [String] { ["--network", "none"] + limits }

    init(_ scratch: Scratch) throws {
        self.scratch = scratch
        storage = try ["--root", scratch.makeDirectory("storage"), "--runroot", scratch.makeDirectory("run")]
        globals =
            try storage + [
                "--tmpdir", scratch.makeDirectory("tmp"), "--storage-driver", "vfs", "--events-backend", "file",
                "--cgroup-manager", "cgroupfs", "--runtime", Runtime.current.path,
            ]
        // The infrastructure container of a pod and kube play take no --ulimit.
        configuration = try scratch.makeFile(
            "containers.conf",
            "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=4096:4096\"]\n")
        limits = Engine.resourceLimits
        if scratch.user != nil { _ = try scratch.makeDirectory("runtime", mode: 0o700) }
        _ = try self("import", Engine.makeImage(scratch), Engine.image).succeeded()
    }

    /// Whatever a test that failed has left, and the process that keeps a user's namespaces between two calls.
    deinit {
        for words in [
            ["pod", "rm", "--force", "--all"], ["rm", "--force", "--all", "-t", "0"], ["system", "migrate"],
        ] {
            do { _ = try self(words).succeeded() } catch { print("\(error)") }
        }
    }

    func words(_ words: [String]) -> [String] {
        ["/usr/bin/env", "CONTAINERS_CONF=\(configuration)", "/usr/bin/podman"] + globals + words
    }

    func command(_ words: [String]) -> Command {
        let all = self.words(words)
        var command = Command(all[0], Array(all.dropFirst()))
        if let user = scratch.user {
            command.user = user
            command.directory = try? scratch.directory
            command.environment["HOME"] = command.directory
            command.environment["XDG_RUNTIME_DIR"] = try? scratch.path("runtime")
        }
        return command
    }

    func callAsFunction(_ words: [String]) throws -> Output { try command(words).run(timeout: 120) }
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
