import Glibc
import JSON

/// An OCI bundle on disk.
struct Bundle {
    let directory: String
    /// The id its container gets, unique among all tests.
    let id: String

    var rootfs: String { directory + "/rootfs" }
    var configPath: String { directory + "/config.json" }

    /// Makes a rootfs with `/payload`, `/bin/busybox` and its applets that scripts need.
    func makeRootfs(owner: UInt32?) throws {
        let session = try Session.shared.get()
        for name in ["bin", "dev", "etc", "proc", "sys", "run", "data"] {
            try Files.makeDirectory("\(rootfs)/\(name)")
        }
        try Files.makeDirectory(rootfs + "/tmp", mode: 0o1777)
        try Files.linkOrCopy(session.payload, to: rootfs + "/payload")
        try Files.linkOrCopy(session.busybox, to: rootfs + "/bin/busybox")
        for applet in ["sh", "true", "cat", "echo", "sleep", "id", "ls", "stty"] {
            try check(symlink("busybox", "\(rootfs)/bin/\(applet)"), "symlink", applet)
        }
        if let owner, owner != geteuid() {
            // Files are links to those that all tests share.
            let words = [directory, "-type", "d", "-exec", "chown", "\(owner):\(owner)", "{}", "+"]
            _ = try Command("/usr/bin/find", words).run().succeeded()
        }
    }

    /// Writes config.json.
    func write(_ config: Config) throws { try write(JSONWriter.string(config.root, layout: .indented)) }

    /// Writes any text as config.json.
    func write(_ text: String) throws { try Files.write(text, to: configPath) }
}
