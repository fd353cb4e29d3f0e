internal import Cgroup
internal import LinuxSystem

/// A call that makes a container, written down before it makes anything: what one that is killed leaves is found by the
/// next call without a look at every container there is.
///
/// It is a file in the state root's `.calls`, locked as long as its maker lives: no lock, no maker. So it cannot be
/// mistaken for another's as a process id can, which is used again, and means something else in another namespace.
struct UnfinishedCall {
    /// What is written down: enough to find what the call may have made.
    struct Note {
        /// The container.
        let id: String
        /// Its control group.
        let group: ControlGroupPlan.Place

        init(id: ContainerID, group: ControlGroupPlan.Place) {
            self.id = id.description
            self.group = group
        }

        /// Reads a note; nil for one whose writing had not begun, and nothing was made.
        init?(_ bytes: [UInt8]) throws(RuntimeError) {
            if bytes.isEmpty { return nil }
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            guard lines.count == 4, lines[3].isEmpty else { throw RuntimeError("is no note of a call") }
            id = String(lines[0])
            switch lines[1] {
            case "cgroup": group = .group(try during("cgroup") { try CgroupPath(String(lines[2])) })
            case "scope": group = .scope(String(lines[2]))
            case "none": group = .none
            default: throw RuntimeError("is no note of a call")
            }
        }

        var text: String {
            switch group {
            case .group(let path): "\(id)\ncgroup\n\(path)\n"
            case .scope(let unit): "\(id)\nscope\n\(unit)\n"
            case .none: "\(id)\nnone\n\n"
            }
        }
    }

    static let folderName = ".calls"

    /// Its name, which no other call has had: the container's record says by it whose the container is.
    let name: String
    let folder: FileDescriptorBox
    /// The state root.
    let rootDirectory: FileDescriptorBox
    private let file: FileDescriptorBox

    /// Writes a call down.
    ///
    /// - Parameters:
    ///   - note: What it is about to make.
    ///   - root: The state root, made where it is missing.
    /// - Throws: ``RuntimeError``.
    init(_ note: Note, in root: StateRoot) throws(RuntimeError) {
        rootDirectory = FileDescriptorBox(try root.open())
        name = "\(currentProcessID())-\(bootTime())"
        do throws(SystemCallError) {
            folder = FileDescriptorBox(try Self.openFolder(in: rootDirectory.descriptor))
            file = try Self.makeFile(name, in: folder.descriptor)
            try file.descriptor.write(note.text)
        } catch {
            throw RuntimeError("state directory: \(error)")
        }
    }

    /// Makes the file and locks it. Between the two it looks like a dead call's, and may be cleared away.
    private static func makeFile(
        _ name: String, in folder: borrowing FileDescriptor
    ) throws(SystemCallError) -> FileDescriptorBox {
        while true {
            let file = FileDescriptorBox(
                try folder.open(name, [.writeOnly, .create, .exclusive], mode: 0o600))
            try file.descriptor.lock()
            if try file.descriptor.status().links > 0 { return file }
        }
    }

    static func openFolder(in root: borrowing FileDescriptor) throws(SystemCallError) -> FileDescriptor {
        do throws(SystemCallError) {
            return try root.open(folderName, [.readOnly, .directory])
        } catch  where error.errno == .noSuchFile {
            _ = try root.makeDirectoryIfMissing(folderName, mode: 0o700)
            return try root.open(folderName, [.readOnly, .directory])
        }
    }

    /// The call has finished what it made, or unmade it.
    func end() throws(RuntimeError) {
        try during("state directory") { try folder.descriptor.removeFile(name) }
    }

    /// Keeps other calls from clearing away until ``allowClearing()``: this one is about to use what may be a dead
    /// call's.
    func holdOffClearing() throws(RuntimeError) {
        try during("state directory") { try folder.descriptor.lock() }
    }

    /// See ``holdOffClearing()``.
    func allowClearing() throws(RuntimeError) {
        try during("state directory") { try folder.descriptor.unlock() }
    }

    /// Closes the copies that a child of clone3(2) has, which would keep the lock.
    func closeInChild() {
        _ = FileDescriptor(owning: folder.descriptor.rawValue)
        _ = FileDescriptor(owning: file.descriptor.rawValue)
    }
}
