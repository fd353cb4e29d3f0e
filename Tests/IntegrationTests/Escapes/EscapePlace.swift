import Glibc
import Testing

/// Where attempts are made: a project with a profile, and what lies around it.
final class EscapePlace {
    let project: SandboxedProject
    private var sockets: [Int32] = []
    private let port: UInt16
    private let abstractName: String

    var directory: String { project.directory }

    /// What attempts are given as words.
    var words: [String] {
        get throws {
            [
                directory, directory + "/temp", try project.scratch.directory, "\(port)", abstractName, "\(getpid())",
                try Session.shared.get().payload,
            ]
        }
    }

    /// What profile the sandbox has: it lies where it could be written, if it were not protected.
    var profile: String { directory + "/temp/profile.json" }

    init(_ identity: Identity, for escape: Escape) throws {
        project = try SandboxedProject(identity)
        abstractName = "test-escape-\(uniqueNumber())"
        (port, sockets) = try Self.listen(abstractName, path: try project.scratch.path("socket"))
        let outside = try project.scratch.directory
        let session = try EscapeFiles.shared.get()
        for path in ["vault", "doc/sub", ".git/hooks", ".git/objects", ".git/refs", "temp/fixed/deep", "src/empty"] {
            try Files.makeDirectory(directory + "/" + path)
        }
        for (path, text) in [
            (".env", "EVIL=1\n"), ("src/.env", "EVIL=1\n"), ("vault/key", "EVIL\n"), ("src/evil.txt", "EVIL\n"),
            (".git/HEAD", "ref: refs/heads/main\n"), (".git/config", "[core]\n"), ("temp/fixed/deep/rule", "rule\n"),
        ] { try Files.write(text, to: directory + "/" + path) }
        try Files.write("#!/usr/bin/bash\necho EVIL > \"$1\"\n", to: directory + "/src/mark", mode: 0o755)
        try Files.write("#!/usr/bin/bash\necho built\n", to: directory + "/temp/build.sh", mode: 0o755)
        try check(symlink(project.secret, directory + "/src/link-out"), "symlink", "link-out")
        for path in [directory + "/src/tool", outside + "/tool"] { try copy(session.tool, path) }
        if escape.uses("payload") { try copy(Session.shared.get().payload, directory + "/payload") }
        if escape.uses("dynamic") { try copy("/usr/bin/cat", directory + "/src/dynamic") }
        if escape.uses("evil.so") { try copy(session.library, directory + "/src/evil.so") }
        try Files.write(profile(for: escape), to: profile)
        if escape.uses("listener") || escape.uses("inbox") {
            for name in ["src/listener", "temp/listener"] {
                sockets.append(try Self.boundSocket(directory + "/" + name))
            }
            sockets.append(try Self.boundSocket(directory + "/src/inbox", SOCK_DGRAM))
        }
        try give(directory)
        if escape.uses("suid") {
            // Belongs to root, and gives its rights to whoever runs it where that is permitted.
            try copy(Session.shared.get().payload, directory + "/suid")
            try check(chmod(directory + "/suid", 0o4755), "chmod", "suid")
        }
    }

    deinit { sockets.forEach { close($0) } }

    private func copy(_ source: String, _ target: String) throws {
        let file = try check(open(source, O_RDONLY | O_CLOEXEC), "open", source)
        let copy = try check(open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o755), "create", target)
        defer {
            close(copy)
            close(file)
        }
        while true {
            let count = sendfile(copy, file, nil, 1 << 24)
            if count < 0 { throw Failure.call("sendfile", target) }
            if count == 0 { return }
        }
    }

    /// Makes the project's user the owner of a tree.
    private func give(_ path: String) throws {
        let owner = project.identity.owner
        try check(lchown(path, owner, owner), "chown", path)
        guard let status = Files.status(path), status.st_mode & S_IFMT == S_IFDIR else { return }
        for name in Files.list(path) { try give(path + "/" + name) }
    }

    private func profile(for escape: Escape) throws -> String {
        let listed =
            (["bash"] + escape.programs).map { "/usr/bin/" + $0 } + ["<project root>/temp/build.sh"]
            + ["payload", "suid"].filter { escape.uses($0) }.map { "<project root>/" + $0 }
            + [try Session.shared.get().payload]
        return """
            {
              "readOnlyPaths": ["<project root>/", "<project root>/temp/fixed/deep"],
              "writeablePaths": ["<project root>/doc", "<project root>/temp", "<project root>/.git"],
              "deniedPaths": ["<project root>/**/.env", "<project root>/vault"],
              "allowedExecutables": [
                \(listed.map { "\"\($0)\"" }.joined(separator: ", "))
              ],
              "environment": { "pass": ["GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0"] }
            }

            """
    }

    /// Runs an attempt in a sandbox of the caller's.
    func command(_ escape: Escape, options: [String] = []) throws -> Command {
        try command("run", options, escape.command(try words))
    }

    /// Keeps a sandbox for an attempt ready.
    func keepWarm(_ escape: Escape) throws -> RunningProcess {
        usleep(60_000)  // A plan is not kept while a file it was made from is a moment old.
        let keeper = try command("warm", [], escape.command(try words)).start()
        try keeper.waitForOutput("ready\n")
        return keeper
    }

    private func command(_ verb: String, _ options: [String], _ words: [String]) throws -> Command {
        var command = Command(
            Runtime.current.path,
            ["--root", try project.scratch.stateRoot, verb, "--profile", profile, "--project", directory] + options
                + ["--"] + words)
        command.user = project.identity.caller
        try prepare(&command)
        return command
    }

    /// Makes a bundle of an attempt.
    func bundle(_ escape: Escape, to directory: String) throws -> Command {
        var command = Command(
            Runtime.current.path,
            ["bundle", profile, "--project", self.directory, "--output", directory, "--"]
                + escape.command(try words))
        try prepare(&command)
        return command
    }

    /// Runs an attempt without a sandbox, as root in namespaces of its own: what it changes there is gone with it.
    func control(_ escape: Escape) throws -> Command {
        // A route out, where the machine has none: to nobody, in a network of the attempt's own.
        let route = "ip link set lo up; ip address add 192.0.2.2 dev lo; ip route add default dev lo; exec \"$@\""
        var command = Command(
            "/usr/bin/unshare",
            ["--mount", "--uts", "--ipc", "--propagation", "private"]
                + (escape.needsRoute ? ["--net", "/bin/sh", "-euc", route, "sh"] : []) + escape.command(try words))
        try prepare(&command)
        return command
    }

    private func prepare(_ command: inout Command) throws {
        command.directory = directory
        command.environment["HOME"] = "/nonexistent"
        command.environment["SECRET_KEY"] = "of the harness"
        // git trusts the project of another user.
        command.environment["GIT_CONFIG_COUNT"] = "1"
        command.environment["GIT_CONFIG_KEY_0"] = "safe.directory"
        command.environment["GIT_CONFIG_VALUE_0"] = "*"
    }

    /// All that lies on the host and must stay as it is: what may be written is left out.
    func fingerprint() throws -> String {
        var lines: [String] = []
        for name in Files.list(try project.scratch.directory) where name != "state" && name != "made" {
            add(try project.scratch.path(name), to: &lines)
        }
        var text = lines.joined(separator: "\n")
        // What is protected inside, by what it is: others' changes beside it change the times of directories.
        for path in [
            "temp/profile.json", "temp/build.sh", "temp/fixed/deep/rule", ".git/config", ".git/hooks",
            "temp/fixed/deep",
        ] {
            let status = Files.status(directory + "/" + path)
            text += "\(path) \(status?.st_ino ?? 0) \(status?.st_mode ?? 0) \(status?.st_size ?? 0)\n"
            text += Files.list(directory + "/" + path).joined(separator: " ") + "\n"
        }
        let names = ["/proc/sys/kernel/hostname", "/proc/sys/kernel/core_pattern"]
        return try text + names.map { try Files.read($0) }.joined() + "\(Files.status("/dev/null")?.st_mode ?? 0)"
    }

    private func add(_ path: String, to lines: inout [String]) {
        guard let status = Files.status(path) else { return }
        let isWritten = ["doc", "temp", ".git"].contains { path == directory + "/" + $0 }
        let times = isWritten ? "" : "\(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec) \(status.st_ctim.tv_nsec)"
        lines.append("\(path) \(status.st_mode) \(status.st_uid) \(status.st_ino) \(status.st_size) \(times)")
        guard status.st_mode & S_IFMT == S_IFDIR, !isWritten else { return }
        for name in Files.list(path) { add(path + "/" + name, to: &lines) }
    }

    /// Sockets of the test's own, on which nobody answers but the kernel.
    private static func listen(_ name: String, path: String) throws -> (UInt16, [Int32]) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let internet = try check(socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0), "socket")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try check(bind(internet, $0, length), "bind")
                try check(Glibc.listen(internet, 64), "listen")
                try check(getsockname(internet, $0, &length), "getsockname")
            }
        }
        var made = [internet]
        made.append(try boundSocket([0] + Array(name.utf8), SOCK_STREAM))
        made.append(try boundSocket(path))
        return (UInt16(bigEndian: address.sin_port), made)
    }

    /// A unix socket at a path, which everybody may use.
    private static func boundSocket(_ path: String, _ kind: __socket_type = SOCK_STREAM) throws -> Int32 {
        let unix = try boundSocket(Array(path.utf8) + [0], kind)
        try check(chmod(path, 0o777), "chmod", path)
        return unix
    }

    private static func boundSocket(_ bytes: [UInt8], _ kind: __socket_type) throws -> Int32 {
        let unix = try check(socket(AF_UNIX, Int32(kind.rawValue | SOCK_CLOEXEC.rawValue), 0), "socket")
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes.prefix(107)) }
        let length = socklen_t(2 + bytes.count)
        _ = try withUnsafePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { try check(Glibc.bind(unix, $0, length), "bind") }
        }
        if kind == SOCK_STREAM { try check(Glibc.listen(unix, 64), "listen") }
        return unix
    }
}

/// What all attempts share.
struct EscapeFiles {
    /// A shared object that says EVIL where it is loaded.
    let library: String
    /// A small static program that says EVIL whatever it is told.
    let tool: String

    static let shared = Result { try EscapeFiles() }

    private init() throws {
        let session = try Session.shared.get()
        library = session.directory + "/evil.so"
        let source = session.directory + "/evil.c"
        try Files.write(
            """
            #include <unistd.h>
            __attribute__((constructor)) static void say(void) { if (write(1, "EVIL\\n", 5) < 0) _exit(1); }

            """, to: source)
        _ = try Command("/usr/bin/gcc", ["-shared", "-fPIC", "-o", library, source]).run(timeout: 120).succeeded()
        tool = session.directory + "/tool"
        let main = session.directory + "/tool.c"
        try Files.write(
            """
            #if defined __x86_64__
            #define CALL(number, a, b, c) __asm__ volatile( \\
                "syscall" : : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory")
            enum { WRITE = 1, EXIT = 231 };
            #else
            #define CALL(number, a, b, c) do { \\
                register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = (long)(b), \\
                              x2 __asm__("x2") = c; \\
                __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory"); } while (0)
            enum { WRITE = 64, EXIT = 94 };
            #endif
            void _start(void) {
                static const char text[] = "EVIL\\n";
                CALL((long)WRITE, 1L, text, 5L);
                CALL((long)EXIT, 0L, (char *)0, 0L);
            }

            """, to: main)
        _ = try Command("/usr/bin/gcc", ["-O1", "-static", "-nostdlib", "-o", tool, main]).run(timeout: 120).succeeded()
    }
}
