import Glibc
import Testing

/// agentrt in a container of podman, and in a sandbox of its own: as far as the container around allows, and with the name
/// and what helps where it does not.
@Suite(.needsRoot, .agentrtOnly, .serialized) struct NestedTests {
    let scratch = Scratch()
    let podman: Podman

    init() throws {
        podman = try Podman(scratch)
        let project = try scratch.makeDirectory("nested")
        for name in ["src", "doc"] { try Files.makeDirectory("\(project)/\(name)") }
        _ = try Command("/bin/chown", ["-R", "1000:1000", project]).run().succeeded()
        _ = try scratch.makeFile(
            "nested.json",
            """
            { "readOnlyPaths": ["<project root>/"], "writeablePaths": ["<project root>/doc"],
              "allowedExecutables": ["/bin/busybox"] }
            """)
    }

    private static let unmasked = ["--security-opt", "unmask=ALL"]
    private static let unfiltered = ["--security-opt", "seccomp=unconfined"]

    /// Runs a line of the shell in a container, with the runtime and a project mounted into it.
    private func inContainer(_ line: String, _ options: [String]) throws -> Output {
        try podman.run(
            "sh", "-c", "export XDG_RUNTIME_DIR=/tmp; " + line,
            options: options + [
                "-v", "\(Runtime.current.path):/bin/agentrt:ro", "-v", "\(try scratch.path("nested")):/project",
                "-v", "\(try scratch.path("nested.json")):/nested.json:ro", "-w", "/project",
            ])
    }

    private func sandboxed(_ line: String, _ flags: String = "") -> String {
        "agentrt run --profile /nested.json --project /project \(flags) -- /bin/busybox sh -c '\(line)'"
    }

    /// What a sandbox with everything of its own does, and does not.
    private static let attempts = """
        echo $$; echo x >/project/doc/x && echo written; echo x >/project/src/x || echo refused
        cat /proc/self/comm; ls /project; unshare -U true || echo alone
        """

    @Test(arguments: [
        ["--privileged"], ["--privileged", "--user", "1000"], unmasked + unfiltered + ["--user", "1000"],
        unmasked + ["--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN"],
        ["--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN"],
    ])
    func whereTheContainerAroundAllowsItAllIsAsOutside(_ options: [String]) throws {
        let output = try inContainer(sandboxed(Self.attempts), options)
        #expect(output.standardOutput == "2\nwritten\nrefused\ncat\ndoc\nsrc\nalone\n", "\(output)")
    }

    @Test(
        arguments: [
            ([], "root here has no CAP_SYS_ADMIN, which the container around holds back; run as another user"),
            (["--cap-add", "SYS_ADMIN"], "the container around holds CAP_NET_ADMIN back: --cap-add NET_ADMIN"),
            (unmasked + ["--user", "1000"], "a seccomp filter of the container around refuses it"),
            (unfiltered + ["--user", "1000"], "--security-opt unmask=ALL (podman)"),
            (["--user", "1000"], "; or do without: --allow-degraded"),
        ] as [([String], String)])
    func whatIsInTheWayIsNamed(_ options: [String], _ message: String) throws {
        let output = try inContainer(sandboxed("echo ran"), options)
        #expect(output.status != 0 && output.standardOutput.isEmpty, "\(output)")
        #expect(output.standardError.contains(message), "\(output)")
    }

    /// Without a procfs of its own the one around is there, and shows no more than who is there.
    @Test(arguments: [[], unfiltered]) func whoDoesWithoutIsToldWhatIsLost(_ more: [String]) throws {
        let line = """
            cat /proc/self/comm; ls /project; echo x >/project/doc/x && echo written; unshare -U true || echo alone
            cat /proc/1/cmdline >/dev/null && echo seen
            for file in environ maps mem root/etc/passwd cwd/doc fd/0 exe auxv stack syscall; do
                for process in 1 $PPID; do cat /proc/$process/$file >/dev/null 2>&1 && echo "$process $file"; done
            done
            ls /proc/1/fd /proc/1/root >/dev/null 2>&1 && echo listed
            for file in self/oom_score_adj self/comm sys/kernel/hostname 1/oom_score_adj sysrq-trigger; do
                (echo 5 >/proc/$file) 2>/dev/null && echo "changed $file"
            done
            kill -9 1 2>/dev/null; kill -0 $PPID 2>/dev/null && echo signalled; echo end
            """
        let output = try inContainer(
            "SECRET=x; export SECRET; " + sandboxed(line, "--allow-degraded"), ["--user", "1000"] + more)
        #expect(
            output.standardOutput.hasPrefix("cat\ndoc\nsrc\nwritten\nalone\nseen\n")
                && output.standardOutput.hasSuffix("\nend\n"), "\(output)")
        for word in ["environ", "maps", "mem", "passwd", "cwd", "fd", "auxv", "changed", "listed"] {
            #expect(!output.standardOutput.contains(word), "\(word): \(output)")
        }
        #expect(output.standardError.contains("not enforced: a /proc of its own: the one around is there, read-only"))
        #expect(output.standardError.contains("not enforced: user.max_user_namespaces=0"))
        #expect(output.standardError.contains("a host name of its own") == more.isEmpty, "\(output)")
    }

    /// A bundle without Landlock, whose program could look into all that the procfs around shows, gets none.
    @Test func onlyASandboxDoesWithout() throws {
        let line = """
            mkdir -p /tmp/b/rootfs/proc /tmp/b/rootfs/bin && cp /bin/busybox /tmp/b/rootfs/bin/ && cd /tmp/b && \
            agentrt spec --rootless && agentrt run --no-tty --allow-degraded b
            """
        let output = try inContainer(line, ["--user", "1000"] + Self.unfiltered)
        #expect(output.status != 0 && output.standardError.contains("--security-opt unmask=ALL (podman)"), "\(output)")
    }

    /// A sandbox holds back what another one needs, and says so.
    @Test(arguments: Identity.allCases) func aSandboxInASandboxIsRefused(_ identity: Identity) throws {
        let runtime = Runtime.current.path
        let project = try SandboxedProject(identity, executables: ["/usr/bin/bash", runtime])
        try Files.write(
            "{ \"readOnlyPaths\": [\"<project root>/\"], \"allowedExecutables\": [\"/usr/bin/bash\"] }",
            to: project.directory + "/inner.json")
        for flags in ["", "--allow-degraded"] {
            let output = try project.bash(
                "XDG_RUNTIME_DIR=/tmp \(runtime) run --profile inner.json \(flags) -- /usr/bin/bash -c 'echo ran'")
            #expect(output.status != 0 && output.standardOutput.isEmpty, "\(output)")
            #expect(output.standardError.contains("a seccomp filter around refuses"), "\(output)")
        }
    }
}
