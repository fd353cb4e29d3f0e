internal import CLinux
internal import Glibc

/// One name in a directory.
public struct DirectoryEntry: Equatable, Sendable {
    /// The name.
    public let name: String
    /// What it names, links not followed; nil where the file system does not say.
    public let kind: FileStatus.Kind?
}

/// The names in a directory and what they are, sorted by their bytes; without `.` and `..` (getdents64(2)).
///
/// - Parameters:
///   - path: The directory.
///   - kinds: Which kinds of file are wanted, beside those of which the file system does not say the kind; nil for all.
///   - leavesOutUnnameable: Whether a name that is not UTF-8, which no text could name, is left out; else it is an error
///     (EILSEQ).
/// - Returns: The entries.
/// - Throws: ``SystemCallError`` naming the path.
public func directoryListing(
    _ path: String, of kinds: Set<FileStatus.Kind>? = nil, leavesOutUnnameable: Bool = false
) throws(SystemCallError) -> [DirectoryEntry] {
    let directory = try openFile(path, [.readOnly, .directory])
    // Before the names are read: one that comes meanwhile changes the times.
    if InputJournal.isKept { InputJournal.note(path, followsLink: true, isListing: true, try directory.status()) }
    return try directory.listing(path: path, of: kinds, leavesOutUnnameable: leavesOutUnnameable)
}

/// The names in a directory alone; see ``directoryListing(_:of:leavesOutUnnameable:)``.
///
/// - Parameter path: The directory.
/// - Returns: The names, sorted by their bytes.
/// - Throws: ``SystemCallError`` naming the path.
public func directoryEntries(_ path: String) throws(SystemCallError) -> [String] {
    try directoryListing(path).map(\.name)
}

extension FileDescriptor {
    /// The names in this open directory; see ``directoryListing(_:of:leavesOutUnnameable:)``.
    ///
    /// - Parameter path: The directory's name for errors.
    /// - Returns: The names, sorted by their bytes.
    /// - Throws: ``SystemCallError`` naming the path.
    public func entries(path: String) throws(SystemCallError) -> [String] { try listing(path: path).map(\.name) }

    /// The names in this open directory and what they are; see ``directoryListing(_:of:leavesOutUnnameable:)``.
    ///
    /// - Parameters:
    ///   - path: The directory's name for errors.
    ///   - kinds: Which kinds of file are wanted.
    ///   - leavesOutUnnameable: Whether a name that is not UTF-8 is left out.
    /// - Returns: The entries, sorted by their bytes.
    /// - Throws: ``SystemCallError`` naming the path.
    public func listing(
        path: String, of kinds: Set<FileStatus.Kind>? = nil, leavesOutUnnameable: Bool = false
    ) throws(SystemCallError) -> [DirectoryEntry] {
        let number = rawValue
        var entries: [DirectoryEntry] = []
        var buffer = [UInt8](repeating: 0, count: 32 * 1024)
        while true {
            let result = buffer.withUnsafeMutableBytes { buffer in
                linux_syscall(Int(LINUX_SYS_getdents64), Int(number), word(buffer.baseAddress), buffer.count, 0, 0, 0)
            }
            let count = try checked("getdents64", object: quoted(path)) { result }
            if count == 0 { return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) } }
            // struct linux_dirent64: u64 inode, s64 offset, u16 length, u8 type, name.
            var offset = 0
            while offset < count {
                let length = Int(buffer[offset + 16]) | Int(buffer[offset + 17]) << 8
                let name = buffer[(offset + 19)..<(offset + length)].prefix { $0 != 0 }
                let kind = FileStatus.Kind(directoryEntryType: buffer[offset + 18])
                offset += length
                if let kinds, let kind, !kinds.contains(kind) { continue }
                if name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8) { continue }
                guard let text = String(validating: name, as: UTF8.self) else {
                    if leavesOutUnnameable { continue }
                    throw SystemCallError(call: "getdents64", object: quoted(path), errno: .illegalByteSequence)
                }
                entries.append(DirectoryEntry(name: text, kind: kind))
            }
        }
    }
}

extension FileStatus.Kind {
    /// The kind by the DT_ constants of dirent.h.
    fileprivate init?(directoryEntryType type: UInt8) {
        switch type {
        case 1: self = .fifo
        case 2: self = .characterDevice
        case 4: self = .directory
        case 6: self = .blockDevice
        case 8: self = .regular
        case 10: self = .symbolicLink
        case 12: self = .socket
        default: return nil
        }
    }
}
