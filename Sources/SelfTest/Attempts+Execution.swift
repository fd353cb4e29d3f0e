internal import LinuxSystem

extension Attempt {
    /// Programs that are not listed, by every name and by every way that execve(2) and execveat(2) know.
    static let execution: [Attempt] = [
        Attempt(
            "exec-outside", .rootFilesystem, [.noSuchFile], control: .mustSucceed,
            Steps.execute { $0.outside + "/payload" }),
        Attempt(
            "exec-through-proc-root", .rootFilesystem, [.noSuchFile], control: .mustSucceed,
            Steps.execute { "/proc/self/root" + $0.outside + "/payload" }),
        Attempt(
            "exec-through-dots", .rootFilesystem, [.noSuchFile], control: .mustSucceed,
            Steps.execute { $0.project + "/../payload" }),
        Attempt("exec-system-program", .rootFilesystem, [.noSuchFile], Steps.execute { _ in "/usr/bin/env" }),
        Attempt(
            "exec-in-project", .mounts, [.permissionDenied], control: .mustSucceed,
            Steps.execute { $0.unlisted }),
        Attempt(
            "exec-written", .mounts, [.permissionDenied], control: .mustSucceed,
            Steps.execute { place throws(SystemCallError) in
                try Steps.copyPayload(place, to: place.writable + "/written")
            }),
        Attempt(
            "exec-written-to-tmp", .mounts, [.permissionDenied],
            Steps.execute { place throws(SystemCallError) in try Steps.copyPayload(place, to: "/tmp/selftest-payload") }
        ),
        Attempt(
            "exec-written-to-shm", .mounts, [.permissionDenied],
            Steps.execute { place throws(SystemCallError) in
                try Steps.copyPayload(place, to: "/dev/shm/selftest-payload")
            }),
        Attempt(
            "exec-written-to-home", .mounts, [.permissionDenied], control: .notMade,
            Steps.execute { place throws(SystemCallError) in
                guard let home = processEnvironmentVariable("HOME") else {
                    throw SystemCallError(call: "getenv", object: "HOME", errno: .invalidArgument)
                }
                return try Steps.copyPayload(place, to: home + "/selftest-payload")
            }),
        Attempt("exec-without-name", .mounts, [.permissionDenied], needs: [.filesWithoutName], control: .mustSucceed) {
            place throws(SystemCallError) in
            let readable = try fileWithoutName(place)
            throw attemptExecution("", of: readable, Steps.payloadWords)
        },
        Attempt(
            "exec-copy-of-listed", .mounts, [.permissionDenied], control: .mustSucceed,
            Steps.execute { place throws(SystemCallError) in
                try Steps.copy(place.listed, to: place.writable + "/copy")
            }),
        Attempt(
            "exec-hard-link", .mounts, [.crossDevice, .notPermitted, .permissionDenied],
            Steps.execute { place throws(SystemCallError) in
                let path = place.writable + "/hard"
                try attempt("linkat", -100, .text(place.unlisted), -100, .text(path), 0)
                return path
            }),
        Attempt(
            "exec-hard-link-of-listed", .mounts, [.crossDevice, .notPermitted, .permissionDenied],
            Steps.execute { place throws(SystemCallError) in
                let path = place.writable + "/hard"
                try attempt("linkat", -100, .text(place.listed), -100, .text(path), 0)
                return path
            }),
        Attempt(
            "exec-link", .mounts, [.permissionDenied], control: .mustSucceed,
            Steps.execute { place throws(SystemCallError) in
                try link(place.unlisted, place.writable + "/link")
            }),
        Attempt(
            "exec-link-to-outside", .rootFilesystem, [.noSuchFile], control: .mustSucceed,
            Steps.execute { place throws(SystemCallError) in
                try link(place.outside + "/payload", place.writable + "/link")
            }),
        Attempt("exec-descriptor", .mounts, [.permissionDenied], control: .mustSucceed) {
            place throws(SystemCallError) in
            throw attemptExecution("", of: try openFile(place.unlisted, .readOnly), Steps.payloadWords)
        },
        Attempt("exec-path-descriptor", .mounts, [.permissionDenied], control: .mustSucceed) {
            place throws(SystemCallError) in
            throw attemptExecution("", of: try openFile(place.unlisted, .path), Steps.payloadWords)
        },
        Attempt("exec-proc-descriptor", .mounts, [.permissionDenied], control: .mustSucceed) {
            place throws(SystemCallError) in
            let file = try openFile(place.unlisted, .readOnly)
            throw attemptExecution("/proc/self/fd/\(file.rawValue)", Steps.payloadWords)
        },
        Attempt("exec-below-descriptor", .mounts, [.permissionDenied], control: .mustSucceed) {
            place throws(SystemCallError) in
            throw attemptExecution(
                "payload", of: try openFile(place.project + "/src", [.path, .directory]), Steps.payloadWords)
        },
        Attempt(
            "exec-written-script", .mounts, [.permissionDenied], control: .mustSucceed,
            Steps.execute { place throws(SystemCallError) in
                // The interpreter is listed; the script is not.
                let path = place.writable + "/script"
                try openFile(path, [.writeOnly, .create, .truncate], mode: 0o755)
                    .write("#!\(place.listed) selftest-probe\n")
                return path
            }),
        Attempt(
            "exec-renamed-over-listed", .mounts, [.readOnlyFileSystem, .busy, .crossDevice],
            Steps.execute { place throws(SystemCallError) in
                let path = try Steps.copyPayload(place, to: place.writable + "/new")
                try attempt("renameat2", -100, .text(path), -100, .text(place.listed), 0)
                return place.listed
            }),
        Attempt(
            "exec-initial-process", .runtime, [.permissionDenied, .noSuchFile], control: .notMade,
            Steps.execute { _ in "/proc/1/exe" }),
        Attempt("uselib", .seccomp, [.notImplemented, .notPermitted], control: .notMade, Steps.call("uselib", "/tmp")),
        Attempt(
            "personality-read-implies-exec", .seccomp, [.notImplemented, .notPermitted],
            Steps.call("personality", 0x40_0000)),
        Attempt(
            "binfmt-register", .masks, [.noSuchFile, .readOnlyFileSystem, .permissionDenied], control: .notMade,
            Steps.write { _ in "/proc/sys/fs/binfmt_misc/register" }),
    ]

    /// The dynamic loader, which is a listed program's interpreter, as a program that runs others.
    static let loader: [Attempt] = [
        Attempt(
            "loader-outside", .rootFilesystem, needs: [.bash, .loader], control: .mustSucceed,
            Steps.load { $0.outside + "/bash" }),
        Attempt(
            "loader-in-project", .mounts, needs: [.bash, .loader], control: .mustSucceed,
            Steps.load { $0.project + "/src/bash" }),
        Attempt(
            "loader-written", .mounts, needs: [.bash, .loader], control: .mustSucceed,
            Steps.load { place throws(SystemCallError) in
                try Steps.copy(place.project + "/src/bash", to: place.writable + "/bash")
            }),
        Attempt(
            "loader-written-to-tmp", .mounts, needs: [.bash, .loader],
            Steps.load { place throws(SystemCallError) in
                try Steps.copy(place.project + "/src/bash", to: "/tmp/selftest-bash")
            }),
        Attempt(
            "loader-link", .mounts, needs: [.bash, .loader], control: .mustSucceed,
            Steps.load { place throws(SystemCallError) in
                try link(place.project + "/src/bash", place.writable + "/link")
            }),
        Attempt("loader-system-program", .rootFilesystem, needs: [.bash, .loader], control: .notMade) {
            _ throws(SystemCallError) in
            guard let loader = Steps.loader else { return .refused("no loader") }
            throw attemptExecution(loader, [loader, "/usr/bin/env", "printf", "succeeded\tran\n"])
        },
        Attempt("loader-descriptor", .mounts, needs: [.bash, .loader], control: .mustSucceed) {
            place throws(SystemCallError) in
            guard let loader = Steps.loader else { return .refused("no loader") }
            let file = try openFile(place.project + "/src/bash", .readOnly)
            try file.setCloseOnExec(false)
            throw attemptExecution(
                loader, [loader, "/proc/self/fd/\(file.rawValue)", "-c", "printf 'succeeded\\tran\\n'"])
        },
        Attempt("loader-memory-file", .seccomp, [.notImplemented], needs: [.bash, .loader]) {
            place throws(SystemCallError) in
            guard let loader = Steps.loader else { return .refused("no loader") }
            let file = FileDescriptor(owning: Int32(try attempt("memfd_create", "selftest", 0)))
            try Steps.copy(place.project + "/src/bash", into: file)
            throw attemptExecution(
                loader, [loader, "/proc/self/fd/\(file.rawValue)", "-c", "printf 'succeeded\\tran\\n'"])
        },
    ]

    /// Files in memory, and memory of files, that would be executed.
    static let memory: [Attempt] = [
        Attempt("memfd-exec", .seccomp, [.notImplemented]) { place throws(SystemCallError) in
            let file = FileDescriptor(owning: Int32(try attempt("memfd_create", "selftest", 1)))
            try Steps.copy(place.unlisted, into: file)
            throw attemptExecution("", of: file, Steps.payloadWords)
        },
        Attempt("memfd-sealed", .seccomp, [.notImplemented], Steps.call("memfd_create", "selftest", 8)),
        Attempt("memfd-executable", .seccomp, [.notImplemented], Steps.call("memfd_create", "selftest", 0x10)),
        Attempt("memfd-secret", .seccomp, [.notImplemented], Steps.call("memfd_secret", 0)),
        Attempt("mmap-executable-in-project", .mounts, [.notPermitted], control: .mustSucceed) {
            place throws(SystemCallError) in
            let file = try openFile(place.unlisted, .readOnly)
            // PROT_READ|PROT_EXEC, MAP_PRIVATE
            try attempt("mmap", 0, 4096, 5, 2, .descriptor(file), 0)
            return .succeeded("mapped")
        },
        Attempt("mmap-executable-written", .mounts, [.notPermitted], control: .mustSucceed) {
            place throws(SystemCallError) in
            let file = try openFile(
                try Steps.copyPayload(place, to: place.writable + "/written"), .readOnly)
            try attempt("mmap", 0, 4096, 5, 2, .descriptor(file), 0)
            return .succeeded("mapped")
        },
        Attempt("mmap-executable-shared", .mounts, [.notPermitted], control: .mustSucceed) {
            place throws(SystemCallError) in
            let file = try openFile(place.writable + "/shared", [.readWrite, .create], mode: 0o755)
            try file.write([UInt8](repeating: 0xC3, count: 4096))
            try attempt("mmap", 0, 4096, 7, 1, .descriptor(file), 0)
            return .succeeded("mapped")
        },
        Attempt("mprotect-executable", .mounts, [.permissionDenied], control: .mustSucceed) {
            place throws(SystemCallError) in
            let file = try openFile(place.unlisted, .readOnly)
            let address = try attempt("mmap", 0, 4096, 1, 2, .descriptor(file), 0)
            try attempt("mprotect", .number(address), 4096, 5)
            return .succeeded("executable")
        },
        Attempt("userfaultfd", .seccomp, [.notPermitted, .notImplemented], Steps.call("userfaultfd", 0)),
        Attempt("process-own-memory-file", .nothing, control: .notMade) { _ throws(SystemCallError) in
            // One's own memory is one's own.
            _ = try openFile("/proc/self/mem", .readOnly)
            return .succeeded("opened")
        },
    ]

    /// A file without a name that holds the payload, open for reading only: one open for writing is not executed.
    private static func fileWithoutName(_ place: Surroundings) throws(SystemCallError) -> FileDescriptor {
        let file = try openFile(place.writable, Steps.withoutName, mode: 0o755)
        try Steps.copy(place.unlisted, into: file)
        return try openFile("/proc/self/fd/\(file.rawValue)", .readOnly)
    }

    private static func link(_ target: String, _ path: String) throws(SystemCallError) -> String {
        try attempt("symlinkat", .text(target), -100, .text(path))
        return path
    }
}
