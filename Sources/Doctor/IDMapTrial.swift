internal import LinuxSystem

/// Whether owners of a file system can be shown through a map of ids (mount_setattr(2), MOUNT_ATTR_IDMAP).
enum IDMapTrial {
    /// Tries it on a copy of the mount that a path lies in, which is attached nowhere.
    static func succeeds(at path: String) -> Bool {
        do throws(SystemCallError) {
            let (ownNumber, otherNumber) = try FrameSocket.pair()
            let own = FrameSocket(FileDescriptor(owning: ownNumber))
            let other = FileDescriptorBox(FileDescriptor(owning: otherNumber))
            // It lives in the namespace whose map is used, until this end is closed.
            switch try cloneProcess([.user]) {
            case .child:
                _ = FileDescriptor(owning: ownNumber)
                do throws(SystemCallError) {
                    try setParentDeathSignal(Signals.kill)
                    _ = try FrameSocket(FileDescriptor(owning: otherNumber)).receive()
                } catch {
                    endProcess(1)
                }
                endProcess(0)
            case .parent(let pid, let process):
                withExtendedLifetime(other) {}
                let isAble = try isMapped(path, by: pid)
                try process.send(signal: Signals.kill)
                _ = try process.waitForEnd()
                withExtendedLifetime(own) {}
                return isAble
            }
        } catch {
            return false
        }
    }

    private static func isMapped(_ path: String, by pid: Int32) throws(SystemCallError) -> Bool {
        do throws(SystemCallError) {
            for file in ["gid_map", "uid_map"] {
                try openFile("/proc/\(pid)/\(file)", .writeOnly).write("0 100000 65536\n")
            }
            let namespace = FileDescriptorBox(try openFile("/proc/\(pid)/ns/user", .readOnly))
            let tree = try MountTree(copying: path, isRecursive: false)
            try tree.change(setting: .idMapped, idMap: namespace)
            return true
        } catch {
            return false  // The answer, whatever the reason.
        }
    }
}

/// What file systems are called.
enum FileSystemKind {
    /// The kind at a path, by its magic number (linux/magic.h).
    static func name(at path: String) -> String {
        guard let magic = try? openFile(path, .path).fileSystemMagic() else { return "?" }  // For people only.
        return switch magic {
        case 0xEF53: "ext4"
        case 0x5846_5342: "xfs"
        case 0x9123_683E: "btrfs"
        case 0x0102_1994: "tmpfs"
        case 0x794C_7630: "overlay"
        case 0x0102_1997: "9p"
        case 0x6573_5546: "fuse"
        case 0x2FC1_2FC1: "zfs"
        case 0xF2F5_2010: "f2fs"
        case 0x6969: "nfs"
        case 0xCA45_1A4E: "bcachefs"
        default: "0x" + String(magic, radix: 16)
        }
    }
}
