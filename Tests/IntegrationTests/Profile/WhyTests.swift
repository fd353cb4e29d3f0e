import Glibc
import JSON
import Testing

/// `why` answers from the plan; a program in the sandbox tries the same: both must say the same, of hundreds of paths.
@Suite(.needsRoot, .agentrtOnly) struct WhyTests {
    /// A project with rules in rules, files of several owners and modes, links, scripts, and a socket.
    private func project(_ identity: Identity, more: String = "") throws -> SandboxedProject {
        let project = try SandboxedProject(identity)
        let top = project.directory
        for name in [
            "vault/open/own", "etc/deep/fixed", "bin/sub", "shut/inner", ".git/hooks", "deny", "src/lib", "free/listed",
        ] { try Files.makeDirectory("\(top)/\(name)") }
        for name in [
            ".env", "vault/key", "vault/open/note", "vault/open/own/f", "etc/deep/fixed/rule", "etc/deep/f",
            "shut/inner/f",
            ".git/config", ".git/HEAD", "deny/a.pem", "deny/b", "doc/a.pem", "doc/f", "mode000", "mode444", "mode400",
            "doc/mode444", "doc/mode000", "groups", "others", "foreign", "doc/foreign", "temp/f",
        ] { try Files.write("text\n", to: "\(top)/\(name)") }
        for (name, text) in [
            ("bin/bash-script", "#!/usr/bin/bash\n"), ("bin/other-script", "#!/usr/bin/perl\n"),
            ("bin/script-of-script", "#!\(top)/bin/bash-script\n"), ("bin/no-head", "true\n"), ("bin/empty", ""),
            ("bin/sub/script", "#!/bin/bash\n"), ("doc/script", "#!/usr/bin/bash\n"),
            ("src/script", "#!/usr/bin/bash\n"),
            ("doc/listed", "#!/usr/bin/bash\n"), ("free/listed/tool", "#!/usr/bin/bash\n"),
        ] { try Files.write(text, to: "\(top)/\(name)", mode: 0o755) }
        try Files.write("#!/usr/bin/bash\n", to: "\(top)/bin/not-executable", mode: 0o644)
        for (link, target) in [
            ("to-file", "src/main.txt"), ("to-denied", ".env"), ("to-outside", "/etc/shadow"),
            ("doc/to-readonly", "../src/main.txt"),
            ("doc/to-nothing", "missing"), ("doc/to-nowhere", "/nowhere/at/all"), ("circle", "circle"),
            ("src/up", ".."),
            ("to-directory", "doc"), ("to-bash", "/usr/bin/bash"), ("to-sh", "/bin/sh"), ("vault/link", "open"),
        ] { try check(symlink(target, "\(top)/\(link)"), "symlink", link) }
        _ = try Command("/usr/bin/chown", ["-R", "-h", "\(identity.owner):\(identity.owner)", top]).run().succeeded()
        for (name, mode) in [
            ("mode000", 0), ("mode444", 0o444), ("mode400", 0o400), ("doc/mode444", 0o444), ("doc/mode000", 0),
            ("groups", 0o060), ("others", 0o004), ("shut", 0o600),
        ] as [(String, mode_t)] { try check(chmod("\(top)/\(name)", mode), "chmod", name) }
        for name in ["foreign", "doc/foreign"] {
            try check(chown("\(top)/\(name)", 4711, 4711), "chown", name)
            try check(chmod("\(top)/\(name)", 0o640), "chmod", name)
        }
        // Nobody waits at one that is covered; the call's own are not opened for reading here.
        for name in ["src/lib/fifo", "vault/open/fifo", "bin/fifo"] {
            try check(mkfifo("\(top)/\(name)", 0o666), "mkfifo", name)
        }
        try check(chown("\(top)/groups", 4711, identity.owner), "chown", "groups")
        try Files.linkOrCopy(Session.shared.get().payload, to: top + "/payload")
        try Files.write(
            """
            {
              "readOnlyPaths": ["<project root>/", "<project root>/vault/open", "<project root>/etc/deep/fixed",
                                "/usr/share/doc/", "/etc/debian_version", "/opt/", { "path": "/nowhere", "optional": true }],
              "writeablePaths": ["<project root>/doc", "<project root>/temp", "<project root>/etc", "<project root>/free",
                                 "<project root>/vault/open/own", "<project root>/.git"],
              "deniedPaths": ["<project root>/vault", "<project root>/.env", "<project root>/**/*.pem"],
              "allowedExecutables": ["/usr/bin/bash", "/usr/bin/ls", "/usr/bin/git", "<project root>/payload",
                                     "<project root>/bin/", "<project root>/doc/listed", "<project root>/free/listed/"]\(more)
            }
            """, to: project.profile)
        return project
    }

    /// Every path below the project, paths that are nowhere, and what a sandbox has or must not have of the host.
    private func paths(_ project: SandboxedProject) throws -> [String] {
        let top = project.directory
        let found = try Command("/usr/bin/find", [top]).run().succeeded().standardOutput
        var paths = found.split(separator: "\n").map(String.init)
        paths += [
            "new", "doc/new", "doc/new/new", "src/new", "vault/new", "vault/open/new", "vault/open/own/new", "shut/new",
            ".git/new", ".git/hooks/new", "temp/a/b/c", "doc/../.env", "src/up/doc/f", "to-directory/f",
            "vault/link/note",
            "vault/open/../key", "doc/f/below", "to-directory/new", "doc/listed/x", "free/listed/new", "free/new",
            "deny/new",
            "etc/deep/new", "etc/deep/fixed/new",
        ].map { "\(top)/\($0)" }
        for directory in [
            "/usr/bin", "/usr/sbin", "/etc", "/usr/lib/x86_64-linux-gnu", "/usr/lib/git-core", "/usr/lib64",
        ] {
            paths += Files.list(directory).map { "\(directory)/\($0)" }.prefix(250)
        }
        paths += [
            "/", "/etc", "/etc/", "/usr", "/bin", "/bin/sh", "/bin/bash", "/lib64/ld-linux-x86-64.so.2", "/nowhere",
            "/opt",
            "/usr/share/doc/bash", "/usr/share/doc", "/usr/share", "/tmp", "/tmp/new", "/tmp/a/b", "/run", "/run/new",
            "/root",
            "/home", "/home/new", "/nonexistent", "/nonexistent/new", "/var", "/var/tmp", "/boot", "/sys",
            "/sys/kernel",
            "/mnt", "/dev", "/dev/null", "/dev/zero", "/dev/shm", "/dev/shm/new", "/dev/new", "/dev/sda", "/dev/mem",
            "/dev/pts",
            "/proc/self", "/proc/self/status", "/proc/self/comm", "/proc/self/environ", "/proc/self/none",
            "/proc/net/tcp",
            "/proc/thread-self/comm", "/proc/self/cwd", "/proc/self/cwd/doc/f", "/proc/self/cwd/src/new",
            "/proc/mounts",
            "/proc/self/cwd/.env", "/proc/self/root", "/proc/self/root/etc/shadow", "/proc/self/root/usr/bin/bash",
            "/proc/self/cwd/../project/doc/new", "/proc/4194304", "/proc/4194304/status", "/proc/self/task",
            "/proc", "/proc/cpuinfo", "/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/proc/new",
            "/etc/new", "/etc/shadow", project.secret, project.profile, try project.scratch.directory,
        ]
        return paths
    }

    @Test(arguments: Identity.allCases) func theKernelDoesWhatIsAnswered(_ identity: Identity) throws {
        let project = try project(identity)
        let paths = try paths(project)
        #expect(paths.count > 700)
        try project.compareAnswers(to: paths.flatMap { path in ["read", "write", "exec"].map { "\($0) \(path)" } })
    }

    @Test(arguments: Identity.allCases) func addressesAreReachedAsAnswered(_ identity: Identity) throws {
        for more in ["", ", \"network\": { \"allow\": [\"127.0.0.1:7001\"] }"] {
            let project = try project(identity, more: more)
            let socket = project.directory + "/src/socket"
            let listener = Command(
                "/usr/bin/python3",
                [
                    "-c",
                    "import socket,sys,os\ns=socket.socket(socket.AF_UNIX);s.bind(sys.argv[1]);os.chmod(sys.argv[1],0o666)\n"
                        + "s.listen(64);print('ready',flush=True);sys.stdin.read()",
                    socket,
                ]
            )
            var waiting = listener
            waiting.input = .pipe
            let running = try waiting.start()
            try running.waitForOutput("ready")
            try project.compareAnswers(
                to: [
                    "127.0.0.1:9", "127.9.8.7:65000", "[::1]:9", "0.0.0.0:9", "\(socket)", "/run/docker.sock",
                    "/run/dbus/x",
                    project.directory + "/src/main.txt", project.directory + "/vault/key",
                ].map { "connect \($0)" }
                    + (more.isEmpty ? ["connect 1.1.1.1:443", "connect 10.0.0.1:80", "connect [2001:db8::1]:443"] : []))
            withExtendedLifetime(running) {}
        }
    }

    @Test func anAnswerNamesTheRuleAndTheChange() throws {
        let project = try project(.rootInUsersProject)
        func why(_ words: String..., status: Int32) throws -> String {
            let output = try Command(
                Runtime.current.path, ["why", project.profile] + words + ["--project", project.directory]
            ).run()
            #expect(output.status == status, "\(output)")
            return output.standardOutput + output.standardError
        }
        let denied = try why("read", ".env", status: 1)
        #expect(denied.contains("profile.json:6:43: deniedPaths[1]"), "\(denied)")
        #expect(
            denied.contains("EACCES") && denied.contains("take \"<project root>/.env\" from deniedPaths"), "\(denied)")
        let readOnly = try why("write", "src/main.txt", status: 1)
        #expect(readOnly.contains("profile.json:2:21: readOnlyPaths[0]") && readOnly.contains("EROFS"), "\(readOnly)")
        #expect(readOnly.contains("add \"<project root>/src/main.txt\" to writeablePaths"), "\(readOnly)")
        let program = try why("exec", "/usr/bin/id", status: 1)
        #expect(program.contains("add \"/usr/bin/id\" to allowedExecutables"), "\(program)")
        #expect(try why("exec", "/usr/bin/bash", status: 0).contains("layer   Landlock"))
        #expect(try why("connect", "example.org:443", status: 1).contains("\"allow\": [\"example.org:443\"]"))
        #expect(try why("fly", "x", status: 2).contains("\"fly\" is no question"))
        #expect(try why("read", status: 2).contains("takes FILE"))
    }

    @Test func anExplanationHoldsWhatThePlanHolds() throws {
        let project = try project(.rootInUsersProject, more: ", \"resources\": { \"pids\": 64 }")
        let words = ["explain", project.profile, "--project", project.directory]
        let text = try Command(Runtime.current.path, words).run().succeeded().standardOutput
        for line in [
            "user     agent (12345:12345)", "profile.json:6:19: deniedPaths[0]", "/usr/lib/git-core",
            "a loopback of its own",
            "run by /usr/bin/bash", "resources.pids", "loaded by /lib64/ld-linux-x86-64.so.2", "memfd_create",
        ] { #expect(text.contains(line), "\(line) is not in \(text)") }
        let json = try Command(Runtime.current.path, words + ["--json"]).run().succeeded().standardOutput
        let object = try JSONParser.parse(Array(json.utf8)).asObject()
        guard case .array(let paths)? = object["paths"]?.content else { throw Failure("no paths in \(json)") }
        #expect(paths.count > 10)
    }
}
