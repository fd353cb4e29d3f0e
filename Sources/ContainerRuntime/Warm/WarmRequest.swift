internal import LinuxSystem

/// What a call asks a keeper for: the namespaces of a bundle, for a host as the call sees it.
struct WarmRequest {
    let bundle: String
    /// The inode of the call's mount namespace (namespaces(7)).
    let mountNamespace: UInt64

    init(bundle: String, mountNamespace: UInt64) { (self.bundle, self.mountNamespace) = (bundle, mountNamespace) }

    /// Reads a request; nil for what is none.
    init?(_ bytes: [UInt8]) {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")),
            let number = UInt64(String(decoding: bytes[..<end], as: UTF8.self))
        else { return nil }
        mountNamespace = number
        bundle = String(decoding: bytes[(end + 1)...], as: UTF8.self)
    }

    var bytes: [UInt8] { Array("\(mountNamespace)\n\(bundle)".utf8) }

    /// The mount namespace of this process.
    static func ownMountNamespace() throws(RuntimeError) -> UInt64 {
        guard let status = try during("warm", { try fileStatus("/proc/self/ns/mnt") }) else {
            throw RuntimeError("warm: there is no /proc/self/ns/mnt")
        }
        return status.inode
    }
}
