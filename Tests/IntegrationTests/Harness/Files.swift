import Glibc

/// The file system of the host, by path: what a test prepares and what it finds afterwards.
enum Files {
    /// The whole of a file, also of one in /proc.
    static func read(_ path: String) throws -> String {
        let file = try check(open(path, O_RDONLY | O_CLOEXEC), "open", path)
        defer { close(file) }
        return try read(descriptor: file)
    }

    /// What is left to read from a descriptor.
    static func read(descriptor: Int32) throws -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 { throw Failure.call("read") }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }

    /// Creates or replaces a file.
    static func write(_ text: String, to path: String, mode: mode_t = 0o644) throws {
        let file = try check(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode), "create", path)
        defer { close(file) }
        try check(fchmod(file, mode), "chmod", path)
        try write(text, descriptor: file)
    }

    /// Writes all of a text to a descriptor.
    static func write(_ text: String, descriptor: Int32) throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 { throw Failure.call("write") }
            rest = rest.dropFirst(count)
        }
    }

    /// Makes a directory and what is missing above it.
    static func makeDirectory(_ path: String, mode: mode_t = 0o755) throws {
        if exists(path) { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeDirectory(String(path[..<slash]))
        }
        try check(mkdir(path, mode), "mkdir", path)
        try check(chmod(path, mode), "chmod", path)
    }

    /// Whether something stands at a path; a dangling link counts.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// What `lstat` says, nil where nothing stands.
    static func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    /// What a symbolic link says.
    static func linkTarget(_ path: String) throws -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = Glibc.readlink(path, &buffer, buffer.count)
        if count < 0 { throw Failure.call("readlink", path) }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The names in a directory, sorted; none where it does not exist.
    static func list(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// A second name for a file, or a copy where the file systems differ.
    static func linkOrCopy(_ source: String, to target: String) throws {
        if link(source, target) == 0 { return }
        _ = try Command("/bin/cp", ["--preserve=mode", source, target]).run().succeeded()
    }

    /// Takes a tree away, mounts below it first.
    static func removeTree(_ path: String) throws {
        for mount in try MountTable(Files.read("/proc/self/mountinfo")).mounts.reversed()
        where mount.target.hasPrefix(path + "/") {
            umount2(mount.target, Int32(MNT_DETACH))
        }
        _ = try Command("/bin/rm", ["-rf", "--one-file-system", path]).run().succeeded()
    }
}
