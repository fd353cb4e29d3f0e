internal import LinuxSystem

/// The container's procfs and sysfs by descriptor, so that paths in them are masked where they are and not where the root
/// file system says at that moment.
///
/// Who shares the root file system can exchange its /proc for a link after the procfs is mounted, and change it back when
/// the masks are made: by path they would be looked for elsewhere, not found, and passed over (CVE-2023-27561 and its
/// kind).
struct SystemMounts {
    private var mounts: [(destination: String, tree: FileDescriptorBox)] = []

    /// Notes a mount: a system's is kept, and whatever covers one has it forgotten.
    mutating func note(
        _ tree: borrowing MountTree, at destination: String, isSystem: Bool
    ) throws(SystemCallError) {
        if !isSystem && mounts.isEmpty { return }
        let place = Self.plain(destination)
        let below = place + "/"
        mounts.removeAll { place == "/" || $0.destination == place || $0.destination.hasPrefix(below) }
        if isSystem { mounts.append((place, FileDescriptorBox(try tree.descriptor.duplicated()))) }
    }

    /// A path without empty components. Nearly all are so from the start, and a container can have a hundred mounts.
    private static func plain(_ path: String) -> String {
        var isPlain = path.utf8.first == UInt8(ascii: "/")
        var last: UInt8 = 0
        for byte in path.utf8 {
            if byte == UInt8(ascii: "/"), last == byte { isPlain = false }
            last = byte
        }
        if isPlain, last != UInt8(ascii: "/") { return path }
        // Not joined: the first use of it looks for associated types, in every container.
        var place = ""
        for component in path.split(separator: "/") { place += "/" + String(component) }
        return place.isEmpty ? "/" : place
    }

    /// The mount that a path lies in, and the rest of the path; nil for a path in none, or that does not say so plainly.
    func holding(_ path: String) -> (tree: FileDescriptorBox, rest: String)? {
        for mount in mounts.reversed() where path.hasPrefix(mount.destination + "/") {
            let start = path.utf8.index(path.startIndex, offsetBy: mount.destination.utf8.count + 1)
            let rest = String(path[start...])
            if rest.isEmpty { return nil }
            if rest.utf8.contains(UInt8(ascii: ".")), rest.split(separator: "/").contains("..") { return nil }
            return (mount.tree, rest)
        }
        return nil
    }
}
