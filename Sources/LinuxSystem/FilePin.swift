/// What a file was when something was decided about it, to be compared with what is there when that is carried out.
///
/// Device, inode and kind say that it is the same file. Of a file whose content matters, size and times say that it was
/// not written since: the time of change (ctime) no program can set (inode(7)). Where only the times differ the digest
/// decides, if one is known: a file that was touched, or written anew with what it held, is as it was.
///
/// Without a digest another ctime alone says nothing: a new or a lost hard link changes it too, and package managers make
/// links of programs all the time. Pins without one belong to plans that were made, or compared with the files, for the
/// very call: a file that was written before is planned as it is.
public struct FilePin: Equatable, Sendable {
    /// The kind of file.
    public let kind: FileStatus.Kind
    /// The file system.
    public let device: DeviceNumber
    /// The file's number in it.
    public let inode: UInt64
    /// What tells of the content; nil where only the identity counts, as of a directory.
    public var content: Content?

    /// What tells of a file's content.
    public struct Content: Equatable, Sendable {
        /// Length in bytes.
        public let size: UInt64
        /// When it was last written: nanoseconds since 1970.
        public let modified: Int64
        /// When it or its status was last changed: nanoseconds since 1970.
        public let changed: Int64
        /// SHA-256 in 64 hexadecimal digits; nil where it was not computed.
        public var digest: String?

        init(size: UInt64, modified: Int64, changed: Int64, digest: String?) {
            self.size = size
            self.modified = modified
            self.changed = changed
            self.digest = digest
        }
    }

    /// How a file compares.
    public enum Comparison: Equatable, Sendable {
        /// It is as it was.
        case same
        /// It is not; what is different, in words that follow the file's name.
        case different(String)
        /// Its times are different: whether its content is, this digest tells.
        case undecided(digest: String)
    }

    /// Pins a file as it is.
    ///
    /// - Parameters:
    ///   - status: What it is.
    ///   - pinsContent: Whether its content counts too; that of what is no regular file never does.
    public init(_ status: FileStatus, pinsContent: Bool) {
        kind = status.kind
        device = status.device
        inode = status.inode
        content =
            pinsContent && status.kind == .regular
            ? Content(size: status.size, modified: status.modified, changed: status.changed, digest: nil) : nil
    }

    init(kind: FileStatus.Kind, device: DeviceNumber, inode: UInt64, content: Content?) {
        self.kind = kind
        self.device = device
        self.inode = inode
        self.content = content
    }

    /// Compares, without looking at content.
    ///
    /// - Parameter status: What is there now.
    /// - Returns: How it compares.
    public func comparison(to status: FileStatus) -> Comparison {
        guard status.kind == kind else { return .different("is \(status.kind.words) now, not \(kind.words)") }
        guard status.device == device, status.inode == inode else {
            return .different(
                "was replaced (inode \(status.inode) of device \(status.device.words), not \(inode) of "
                    + "\(device.words))")
        }
        guard let content else { return .same }
        guard status.size == content.size else {
            return .different("was written (\(status.size) bytes, not \(content.size))")
        }
        if status.modified == content.modified && status.changed == content.changed { return .same }
        guard let digest = content.digest else {
            return status.modified == content.modified ? .same : .different(Self.writtenWords)
        }
        return .undecided(digest: digest)
    }

    /// How often a file is read whose status changes while it is read.
    private static let readings = 8
    private static let writtenWords = "was written (another mtime)"

    /// Compares all, reading the content where nothing else decides.
    ///
    /// - Parameters:
    ///   - status: What is there now.
    ///   - open: Opens the same file for reading; called only where its content decides.
    /// - Returns: What is different, in words that follow the file's name; nil where nothing is.
    /// - Throws: ``SystemCallError`` where it cannot be read.
    public func difference(
        from status: FileStatus, open: () throws(SystemCallError) -> FileDescriptor
    ) throws(SystemCallError) -> String? {
        switch comparison(to: status) {
        case .same: return nil
        case .different(let words): return words
        case .undecided(let digest):
            let file = try open()
            // Whoever makes a hard link meanwhile changes its status, not its content: that deserves another reading.
            for _ in 0..<Self.readings {
                let begin = try file.status()
                // Opened by name for the second time: it may be another file.
                guard begin.kind == kind, begin.device == device, begin.inode == inode else { return "was replaced" }
                let found = try file.contentDigest()
                guard try file.status() == begin else { continue }
                return found.utf8.elementsEqual(digest.utf8) ? nil : "was written (its content has another SHA-256)"
            }
            return "is being written"
        }
    }
}

extension FileStatus.Kind {
    /// The kind in words, for messages.
    fileprivate var words: String {
        switch self {
        case .regular: "a file"
        case .directory: "a directory"
        case .symbolicLink: "a symbolic link"
        case .characterDevice: "a character device"
        case .blockDevice: "a block device"
        case .fifo: "a FIFO"
        case .socket: "a socket"
        }
    }
}

extension DeviceNumber {
    fileprivate var words: String { "\(major):\(minor)" }
}
