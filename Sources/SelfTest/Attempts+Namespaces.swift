internal import LinuxSystem

extension Attempt {
    /// New namespaces, and those of others. In one of its own a program could mount what is executable.
    static let namespaces: [Attempt] = [
        Attempt("clone-user", .seccomp, [.notPermitted], Steps.cloneInto(0x1000_0000)),
        Attempt("clone-mount", .seccomp, [.notPermitted], Steps.cloneInto(0x2_0000)),
        Attempt("clone-pid", .seccomp, [.notPermitted], Steps.cloneInto(0x2000_0000)),
        Attempt("clone-network", .seccomp, [.notPermitted], Steps.cloneInto(0x4000_0000)),
        Attempt("clone-ipc", .seccomp, [.notPermitted], Steps.cloneInto(0x800_0000)),
        Attempt("clone-uts", .seccomp, [.notPermitted], Steps.cloneInto(0x400_0000)),
        Attempt("clone-cgroup", .seccomp, [.notPermitted], Steps.cloneInto(0x200_0000)),
        Attempt("clone-user-mount-pid", .seccomp, [.notPermitted], Steps.cloneInto(0x3002_0000)),
        Attempt("clone-high-bits", .seccomp, [.notPermitted], Steps.cloneInto(1 << 36 | 0x1000_0000)),
        Attempt("clone3-user", .seccomp, [.notImplemented]) { _ throws(SystemCallError) in
            guard case .child = try cloneProcess(.user) else { return .succeeded("a child in a user namespace") }
            endProcess(0)
        },
        Attempt("clone3-plain", .seccomp, [.notImplemented]) { _ throws(SystemCallError) in
            guard case .child = try cloneProcess([]) else { return .succeeded("clone3 is there") }
            endProcess(0)
        },
        Attempt("unshare-user", .seccomp, [.notPermitted], Steps.call("unshare", 0x1000_0000)),
        Attempt("unshare-mount", .seccomp, [.notPermitted], Steps.call("unshare", 0x2_0000)),
        Attempt("unshare-user-and-mount", .seccomp, [.notPermitted], Steps.call("unshare", 0x1002_0000)),
        Attempt("unshare-time", .seccomp, [.notPermitted], Steps.call("unshare", 0x80)),
        Attempt("unshare-files", .seccomp, [.notPermitted], Steps.call("unshare", 0x400)),
        Attempt("setns-own", .seccomp, [.notPermitted]) { _ throws(SystemCallError) in
            let file = try openFile("/proc/self/ns/uts", .readOnly)
            try attempt("setns", .descriptor(file), 0)
            return .succeeded("joined")
        },
        Attempt("setns-process", .seccomp, [.notPermitted]) { _ throws(SystemCallError) in
            let handle = FileDescriptor(owning: Int32(try attempt("pidfd_open", 1, 0)))
            try attempt("setns", .descriptor(handle), 0x2_0000)
            return .succeeded("joined")
        },
        Attempt(
            "namespaces-of-the-initial-process", .runtime, [.permissionDenied], control: .notMade,
            Steps.read { _ in "/proc/1/ns/mnt" }),
        Attempt(
            "namespaces-of-the-host", .namespaces, [.noSuchFile], control: .mustSucceed,
            Steps.read { "/proc/\($0.outsider)/ns/mnt" }),
        Attempt(
            "write-uid-map", .capabilities, [.notPermitted, .permissionDenied, .readOnlyFileSystem],
            control: .notMade
        ) { _ throws(SystemCallError) in
            try openFile("/proc/self/uid_map", .writeOnly).write("0 0 4294967295")
            return .succeeded("mapped")
        },
    ]

    /// Mounts, by the calls of old and those of new.
    static let mounts: [Attempt] = [
        Attempt("mount-tmpfs", .seccomp, [.notPermitted], control: .notMade) { place throws(SystemCallError) in
            try attempt("mount", "tmpfs", .text(place.writable), "tmpfs", 0, 0)
            return .succeeded("mounted")
        },
        Attempt("mount-bind", .seccomp, [.notPermitted], control: .notMade) { place throws(SystemCallError) in
            try attempt("mount", "/", .text(place.writable), 0, 0x1000, 0)
            return .succeeded("bound")
        },
        Attempt("mount-remount-writable", .seccomp, [.notPermitted], control: .notMade) {
            place throws(SystemCallError) in
            try attempt("mount", 0, .text(place.project), 0, 0x1020, 0)
            return .succeeded("remounted")
        },
        Attempt("mount-remount-executable", .seccomp, [.notPermitted], control: .notMade) {
            place throws(SystemCallError) in
            try attempt("mount", 0, .text(place.writable), 0, 0x1026, 0)
            return .succeeded("remounted")
        },
        Attempt("mount-move", .seccomp, [.notPermitted], control: .notMade) { place throws(SystemCallError) in
            try attempt("mount", .text(place.guarded), .text(place.writable), 0, 0x2000, 0)
            return .succeeded("moved")
        },
        Attempt("mount-share", .seccomp, [.notPermitted], control: .notMade) { place throws(SystemCallError) in
            try attempt("mount", 0, .text(place.writable), 0, 0x10_0000, 0)
            return .succeeded("shared")
        },
        Attempt("mount-proc", .seccomp, [.notPermitted], control: .notMade) { place throws(SystemCallError) in
            try attempt("mount", "proc", .text(place.writable), "proc", 0, 0)
            return .succeeded("mounted")
        },
        Attempt("unmount-mask", .seccomp, [.notPermitted], control: .notMade) { place throws(SystemCallError) in
            try attempt("umount2", .text(place.project + "/.env"), 2)
            return .succeeded("unmounted")
        },
        Attempt("unmount-protection", .seccomp, [.notPermitted], control: .notMade) {
            place throws(SystemCallError) in
            try attempt("umount2", .text(place.guarded + "/fixed/deep"), 2)
            return .succeeded("unmounted")
        },
        Attempt("unmount-root", .seccomp, [.notPermitted], control: .notMade, Steps.call("umount2", "/", 2)),
        Attempt("pivot-root", .seccomp, [.notPermitted], control: .notMade, Steps.call("pivot_root", ".", ".")),
        Attempt("chroot", .seccomp, [.notPermitted]) { place throws(SystemCallError) in
            try attempt("chroot", .text(place.writable))
            return .succeeded("changed the root")
        },
        Attempt("fsopen", .seccomp, [.notPermitted], Steps.call("fsopen", "tmpfs", 0)),
        Attempt("fspick", .seccomp, [.notPermitted], Steps.call("fspick", -100, "/", 0)),
        Attempt("fsconfig", .seccomp, [.notPermitted], control: .notMade, Steps.call("fsconfig", -1, 6, 0, 0, 0)),
        Attempt("fsmount", .seccomp, [.notPermitted], control: .notMade, Steps.call("fsmount", -1, 0, 0)),
        Attempt("open-tree", .seccomp, [.notPermitted], Steps.call("open_tree", -100, "/", 0)),
        Attempt("open-tree-clone", .seccomp, [.notPermitted], Steps.call("open_tree", -100, "/", 1)),
        Attempt(
            "move-mount", .seccomp, [.notPermitted], control: .notMade,
            Steps.call("move_mount", -1, "", -100, "/tmp", 4)),
        Attempt("mount-setattr", .seccomp, [.notPermitted], control: .notMade) { place throws(SystemCallError) in
            // struct mount_attr, to clear what makes it read-only and not executable.
            let attributes: [UInt8] = [UInt8](repeating: 0, count: 8) + [9, 0, 0, 0, 0, 0, 0, 0]
            try attempt(
                "mount_setattr", -100, .text(place.project), 0, .bytes(attributes + [UInt8](repeating: 0, count: 16)),
                32)
            return .succeeded("changed")
        },
        Attempt("open-tree-attributes", .seccomp, [.notImplemented], control: .notMade) { _ throws(SystemCallError) in
            try attempt("open_tree_attr", number: 467, [-100, "/", 1, .space(32), 32])
            return .succeeded("a tree")
        },
    ]
}
