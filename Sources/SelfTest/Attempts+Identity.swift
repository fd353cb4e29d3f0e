internal import LinuxSystem

extension Attempt {
    /// Other users, rights and limits.
    static let identity: [Attempt] = [
        Attempt("setuid", .capabilities, [.notPermitted, .invalidArgument], control: .notMade) {
            _ throws(SystemCallError) in
            try attempt("setuid", .number(effectiveUserID() == 0 ? 1 : 0))
            return .succeeded("another user")
        },
        Attempt("setresuid", .capabilities, [.notPermitted, .invalidArgument], control: .notMade) {
            _ throws(SystemCallError) in
            let other = CallArgument.number(effectiveUserID() == 0 ? 1 : 0)
            try attempt("setresuid", other, other, other)
            return .succeeded("another user")
        },
        Attempt("setgid", .capabilities, [.notPermitted, .invalidArgument], control: .notMade) {
            _ throws(SystemCallError) in
            try attempt("setgid", .number(effectiveGroupID() == 0 ? 1 : 0))
            return .succeeded("another group")
        },
        Attempt("setgroups", .capabilities, [.notPermitted], control: .notMade, Steps.call("setgroups", 1, .space(4))),
        Attempt("capset", .capabilities, [.notPermitted], control: .notMade) { _ throws(SystemCallError) in
            // struct __user_cap_header_struct of version 3, and all rights in all sets.
            try attempt(
                "capset", .bytes([0x22, 0x05, 0x08, 0x20, 0, 0, 0, 0]),
                .bytes([UInt8](repeating: 0xFF, count: 12) + [0xFF, 1, 0, 0, 0xFF, 1, 0, 0, 0xFF, 1, 0, 0]))
            return .succeeded("all capabilities")
        },
        Attempt("capabilities", .capabilities, control: .notMade) { _ throws(SystemCallError) in
            let text = String(decoding: try readFile("/proc/self/status"), as: UTF8.self)
            let sets = text.split(separator: "\n").filter { $0.hasPrefix("Cap") }
            let isEmpty = sets.allSatisfy { $0.split(separator: "\t").last?.allSatisfy { $0 == "0" } ?? false }
            return isEmpty && sets.count == 5 ? .refused("all five sets are empty") : .succeeded("\(sets)")
        },
        Attempt("no-new-privileges", .capabilities, control: .notMade) { _ throws(SystemCallError) in
            try attempt("prctl", 39, 0, 0, 0, 0) == 1 ? .refused("is set") : .succeeded("is not set")
        },
        Attempt(
            "no-new-privileges-off", .capabilities, [.invalidArgument], control: .notMade,
            Steps.call("prctl", 38, 0, 0, 0, 0)),
        Attempt(
            "ambient-capability", .capabilities, [.notPermitted], control: .notMade,
            Steps.call("prctl", 47, 2, 21, 0, 0)),
        Attempt("secure-bits", .capabilities, [.notPermitted], control: .notMade, Steps.call("prctl", 28, 1, 0, 0, 0)),
        Attempt("seccomp-off", .seccomp, [.invalidArgument], control: .notMade, Steps.call("prctl", 22, 0, 0, 0, 0)),
        Attempt("seccomp-mode", .seccomp, control: .notMade) { _ throws(SystemCallError) in
            try attempt("prctl", 21, 0, 0, 0, 0) == 2 ? .refused("a filter is on") : .succeeded("no filter")
        },
        Attempt(
            "memory-map-of-own", .capabilities, [.notPermitted, .invalidArgument], control: .notMade,
            Steps.call("prctl", 35, 13, -1, 0, 0)),
        Attempt("core-limit", .capabilities, [.notPermitted], control: .notMade) { _ throws(SystemCallError) in
            try attempt("prlimit64", 0, 4, .bytes([UInt8](repeating: 0xFF, count: 16)), 0)
            return .succeeded("core dumps without limit")
        },
        Attempt(
            "priority", .capabilities, [.permissionDenied, .notPermitted], control: .notMade,
            Steps.call("setpriority", 0, 0, -20)),
        Attempt(
            "real-time", .capabilities, [.notPermitted], control: .notMade,
            Steps.call("sched_setscheduler", 0, 1, .bytes([1, 0, 0, 0]))),
        Attempt(
            "io-priority", .capabilities, [.notPermitted], control: .notMade,
            Steps.call("ioprio_set", 1, 0, 0x2000)),
    ]

    /// What only a shell does, where there is one.
    static let shell: [Attempt] = [
        bash("shell-runs-unlisted", .rootFilesystem, "/usr/bin/env true"),
        bash("shell-runs-in-project", .mounts, "./src/payload selftest-probe payload"),
        bash("shell-runs-by-other-name", .mounts, "exec -a bash ./src/payload selftest-probe payload"),
        bash(
            "shell-runs-copy", .mounts,
            """
            while IFS= read -r line; do printf '%s\\n' "$line"; done <<< '#!/usr/bin/bash
            printf "ran\\n"' > doc/script; exec doc/script
            """),
        bash(
            "shell-preloads", .mounts,
            """
            LD_PRELOAD=$PWD/src/bash /usr/bin/bash -c : 2> doc/errors; read -r line < doc/errors; [[ -z $line ]]
            """),
        bash("shell-loads-builtin", .mounts, "enable -f src/bash printf"),
        bash("shell-connects", .namespaces, "exec 3<> /dev/tcp/127.0.0.1/$2", control: .mustSucceed),
        bash("shell-reads-outside", .rootFilesystem, "read -r line < \"$1/secret.txt\"", control: .mustSucceed),
        bash("shell-writes", .mounts, "echo evil > src/main.txt", control: .mustSucceed),
        bash("shell-leaves", .rootFilesystem, "cd .. && read -r line < secret.txt", control: .mustSucceed),
    ]

    /// An attempt of a line of bash, which must fail.
    private static func bash(
        _ name: String, _ layer: Layer, _ line: String, control: Control = .maySucceed
    ) -> Attempt {
        Attempt(name, layer, needs: [.bash], control: control) { place throws(SystemCallError) in
            let script = "cd \"$3\" || exit 9; { \(line); } && printf 'succeeded\\tran\\n'"
            throw attemptExecution(
                "/usr/bin/bash", ["bash", "-c", script, "bash", place.outside, "\(place.port)", place.project])
        }
    }
}
