internal import LinuxSystem

extension Attempt {
    /// A file and a directory that may be read only, by every call that changes something.
    static let writing: [Attempt] = [
        Attempt("write", .mounts, isReadOnly, control: .mustSucceed, Steps.write { $0.readOnly }),
        Attempt(
            "write-truncate", .mounts, isReadOnly, control: .mustSucceed,
            Steps.write([.readOnly, .truncate]) { $0.readOnly }),
        Attempt(
            "write-append", .mounts, isReadOnly, control: .mustSucceed,
            Steps.write([.writeOnly, .append]) { $0.readOnly }),
        Attempt(
            "write-new", .mounts, isReadOnly, control: .mustSucceed,
            Steps.write([.writeOnly, .create, .exclusive]) { $0.project + "/src/new" }),
        Attempt(
            "write-without-name", .mounts, isReadOnly, needs: [.filesWithoutName], control: .mustSucceed,
            Steps.write(Steps.withoutName) { $0.project + "/src" }),
        Attempt("write-reopened", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            let file = try openFile(place.readOnly, .readOnly)
            return try Steps.write { _ in "/proc/self/fd/\(file.rawValue)" }(place)
        },
        Attempt("write-through-link", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            let path = place.writable + "/link"
            try attempt("symlinkat", .text(place.readOnly), -100, .text(path))
            return try Steps.write { _ in path }(place)
        },
        Attempt("truncate", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            try attempt("truncate", .text(place.readOnly), 0)
            return .succeeded("truncated")
        },
        Attempt("change-mode", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            try attempt("fchmodat", -100, .text(place.readOnly), 0o777)
            return .succeeded("changed")
        },
        Attempt("change-mode-by-descriptor", .mounts, isReadOnly, control: .mustSucceed) {
            place throws(SystemCallError) in
            let file = try openFile(place.readOnly, .readOnly)
            try attempt("fchmod", .descriptor(file), 0o777)
            return .succeeded("changed")
        },
        Attempt("change-owner", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            try attempt("fchownat", -100, .text(place.readOnly), -1, -1, 0)
            return .succeeded("changed")
        },
        Attempt("change-times", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            try attempt("utimensat", -100, .text(place.readOnly), 0, 0)
            return .succeeded("changed")
        },
        Attempt("change-times-by-descriptor", .mounts, isReadOnly, control: .mustSucceed) {
            place throws(SystemCallError) in
            let file = try openFile(place.readOnly, .readOnly)
            try attempt("utimensat", .descriptor(file), 0, 0, 0)
            return .succeeded("changed")
        },
        Attempt("set-attribute", .mounts, isReadOnly, needs: [.xattr], control: .mustSucceed) {
            place throws(SystemCallError) in
            try attempt("setxattr", .text(place.readOnly), "user.selftest", "x", 1, 0)
            return .succeeded("set")
        },
        Attempt("remove-attribute", .mounts, isReadOnly, control: .notMade) { place throws(SystemCallError) in
            try attempt("removexattr", .text(place.readOnly), "user.selftest")
            return .succeeded("removed")
        },
        Attempt("remove", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            try attempt("unlinkat", -100, .text(place.readOnly), 0)
            return .succeeded("removed")
        },
        Attempt("remove-directory", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            try attempt("unlinkat", -100, .text(place.project + "/src/empty"), 0x200)
            return .succeeded("removed")
        },
        Attempt("make-directory", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            try attempt("mkdirat", -100, .text(place.project + "/src/new"), 0o755)
            return .succeeded("made")
        },
        Attempt("make-link", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            try attempt("symlinkat", "/etc", -100, .text(place.project + "/src/new"))
            return .succeeded("made")
        },
        Attempt("make-fifo", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            try attempt("mknodat", -100, .text(place.project + "/src/new"), 0o10666, 0)
            return .succeeded("made")
        },
        Attempt("bind-socket", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            let socket = try Steps.socket(1, 1)
            let (address, length) = Steps.unixAddress(Array((place.project + "/src/new").utf8) + [0])
            try attempt("bind", .descriptor(socket), address, length)
            return .succeeded("made")
        },
        Attempt("lease", .seccomp, [.permissionDenied]) { place throws(SystemCallError) in
            // F_SETLEASE, F_RDLCK: who opens it for writing outside waits.
            let file = try openFile(place.readOnly, .readOnly)
            try attempt("fcntl", .descriptor(file), 1024, 0)
            return .succeeded("leased")
        },
        Attempt("lease-high-bits", .seccomp, [.permissionDenied], control: .notMade) { place throws(SystemCallError) in
            let file = try openFile(place.readOnly, .readOnly)
            try attempt("fcntl", .descriptor(file), 0x1_0000_0400, 0)
            return .succeeded("leased")
        },
        Attempt("rename-out", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            try attempt("renameat2", -100, .text(place.readOnly), -100, .text(place.writable + "/moved"), 0)
            return .succeeded("renamed")
        },
        Attempt("rename-over", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            let path = place.writable + "/new"
            try openFile(path, [.writeOnly, .create], mode: 0o644).write("other")
            try attempt("renameat2", -100, .text(path), -100, .text(place.readOnly), 0)
            return .succeeded("renamed")
        },
        Attempt("rename-exchange", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            let path = place.writable + "/new"
            try openFile(path, [.writeOnly, .create], mode: 0o644).write("other")
            try attempt("renameat2", -100, .text(path), -100, .text(place.readOnly), 2)
            return .succeeded("exchanged")
        },
        Attempt("link-out", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            try attempt("linkat", -100, .text(place.readOnly), -100, .text(place.writable + "/hard"), 0)
            return .succeeded("linked")
        },
        Attempt("link-descriptor", .mounts, isReadOnly + [.noSuchFile], control: .notMade) {
            place throws(SystemCallError) in
            let file = try openFile(place.readOnly, .readOnly)
            let name = "/proc/self/fd/\(file.rawValue)"
            // AT_SYMLINK_FOLLOW
            try attempt("linkat", -100, .text(name), -100, .text(place.writable + "/hard"), 0x400)
            return .succeeded("linked")
        },
        Attempt("link-in", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            let path = place.writable + "/new"
            try openFile(path, [.writeOnly, .create], mode: 0o644).write("other")
            try attempt("linkat", -100, .text(path), -100, .text(place.project + "/src/new"), 0)
            return .succeeded("linked")
        },
        Attempt(
            "write-listed-program", .mounts, isReadOnly + [.textFileBusy], control: .notMade,
            Steps.write { $0.listed }),
        Attempt("remove-listed-program", .mounts, isReadOnly, control: .notMade) { place throws(SystemCallError) in
            try attempt("unlinkat", -100, .text(place.listed), 0)
            return .succeeded("removed")
        },
        Attempt("write-users", .mounts, isReadOnly, control: .notMade, Steps.write { _ in "/etc/passwd" }),
        Attempt("write-root", .mounts, isReadOnly, control: .notMade) { _ throws(SystemCallError) in
            try attempt("mkdirat", -100, "/selftest", 0o755)
            return .succeeded("made")
        },
        Attempt("write-library", .mounts, isReadOnly + [.noSuchFile], needs: [.loader], control: .notMade) {
            place throws(SystemCallError) in
            try Steps.write { _ in Steps.loader ?? "/lib" }(place)
        },
        Attempt("oom-score-of-the-initial-process", .capabilities, isReadOnly + [.noSuchFile], control: .notMade) {
            _ throws(SystemCallError) in
            try openFile("/proc/1/oom_score_adj", .writeOnly).write("-1000")
            return .succeeded("never killed for memory")
        },
    ]

    private static let isReadOnly: [Errno] = [
        .readOnlyFileSystem, .crossDevice, .busy, .permissionDenied, .notPermitted,
    ]

    /// What is protected inside a directory that may be written.
    static let protection: [Attempt] = [
        Attempt("profile-write", .mounts, isReadOnly, control: .mustSucceed, Steps.write { $0.profile }),
        Attempt("profile-remove", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            try attempt("unlinkat", -100, .text(place.profile), 0)
            return .succeeded("removed")
        },
        Attempt("profile-rename-over", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            let path = place.guarded + "/own"
            try openFile(path, [.writeOnly, .create], mode: 0o644).write("{}")
            try attempt("renameat2", -100, .text(path), -100, .text(place.profile), 0)
            return .succeeded("renamed")
        },
        Attempt(
            "git-hook", .mounts, isReadOnly, control: .mustSucceed,
            Steps.write([.writeOnly, .create]) { $0.git + "/hooks/pre-commit" }),
        Attempt(
            "git-configuration", .mounts, isReadOnly, control: .mustSucceed,
            Steps.write([.writeOnly, .append]) { $0.git + "/config" }),
        Attempt("git-hooks-rename", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            try attempt(
                "renameat2", -100, .text(place.git + "/hooks"), -100, .text(place.git + "/h"), 0)
            return .succeeded("renamed")
        },
        Attempt("git-rename", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            try attempt("renameat2", -100, .text(place.git), -100, .text(place.project + "/git2"), 0)
            return .succeeded("renamed")
        },
        Attempt("git-configuration-rename-over", .mounts, isReadOnly, control: .mustSucceed) {
            place throws(SystemCallError) in
            let path = place.guarded + "/own"
            try openFile(path, [.writeOnly, .create], mode: 0o644).write("[core]")
            try attempt("renameat2", -100, .text(path), -100, .text(place.git + "/config"), 0)
            return .succeeded("renamed")
        },
        Attempt("git-configuration-lock", .mounts, isReadOnly, control: .notMade) { place throws(SystemCallError) in
            // The way of git itself: config.lock, then renamed over config.
            let path = place.git + "/config.lock"
            try openFile(path, [.writeOnly, .create], mode: 0o644).write("[core]")
            try attempt("renameat2", -100, .text(path), -100, .text(place.git + "/config"), 0)
            return .succeeded("renamed")
        },
        Attempt("ancestor-rename", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            try attempt("renameat2", -100, .text(place.guarded + "/fixed"), -100, .text(place.guarded + "/f"), 0)
            return .succeeded("renamed")
        },
        Attempt("ancestor-exchange", .mounts, isReadOnly, control: .notMade) { place throws(SystemCallError) in
            try attempt("mkdirat", -100, .text(place.guarded + "/f"), 0o755)
            try attempt("renameat2", -100, .text(place.guarded + "/fixed"), -100, .text(place.guarded + "/f"), 2)
            return .succeeded("exchanged")
        },
        Attempt("protected-rename", .mounts, isReadOnly, control: .mustSucceed) { place throws(SystemCallError) in
            try attempt(
                "renameat2", -100, .text(place.guarded + "/fixed/deep"), -100, .text(place.guarded + "/d"), 0)
            return .succeeded("renamed")
        },
        Attempt(
            "protected-write", .mounts, isReadOnly, control: .mustSucceed,
            Steps.write { $0.guarded + "/fixed/deep/rule" }),
        Attempt(
            "protected-new", .mounts, isReadOnly, control: .mustSucceed,
            Steps.write([.writeOnly, .create]) { $0.guarded + "/fixed/deep/new" }),
        Attempt("writable-rename", .mounts, isReadOnly, control: .notMade) { place throws(SystemCallError) in
            try attempt("renameat2", -100, .text(place.guarded), -100, .text(place.project + "/temp2"), 0)
            return .succeeded("renamed")
        },
    ]
}
