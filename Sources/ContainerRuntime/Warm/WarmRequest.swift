internal import LinuxSystem

/// What a call asks a keeper for: the namespaces of a bundle, for a host as the call sees it.
struct WarmRequest {
    let bundle: String
    /// The inodes of the call's mount and user namespaces (namespaces(7)): whether it sees the same host, and whether it
    /// may join what is ready.
    let namespaces: String

    init(bundle: String, namespaces: String) { (self.bundle, self.namespaces) = (bundle, namespaces) }

    /// Reads a request; nil for what is none.
    init?(_ bytes: [UInt8]) {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        namespaces = String(decoding: bytes[..<end], as: UTF8.self)
        bundle = String(decoding: bytes[(end + 1)...], as: UTF8.self)
    }

    var bytes: [UInt8] { Array("\(namespaces)\n\(bundle)".utf8) }

    /// Those of this process.
    static func ownNamespaces() throws(RuntimeError) -> String {
        var text = ""
        for kind in ["mnt", "user"] {
            // A kernel without user namespaces has one all the same.
            let status = try during("warm") { try fileStatus("/proc/self/ns/" + kind) }
            text += "\(status?.inode ?? 0) "
        }
        return text
    }
}
