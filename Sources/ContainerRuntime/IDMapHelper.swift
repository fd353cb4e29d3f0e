internal import LinuxSystem
internal import OCISpec

/// The programs that write more into an id map than a user may, as far as the host's administrator grants it:
/// newuidmap(1) and newgidmap(1). They have the right that it takes; this program has none.
struct IDMapHelper {
    /// The program. Its place is fixed: whoever sets PATH does not choose what writes the map.
    let program: String
    /// The file that grants ids.
    private let grants: String

    /// Writes maps of users.
    static let users = IDMapHelper(program: "/usr/bin/newuidmap", grants: "/etc/subuid")
    /// Writes maps of groups.
    static let groups = IDMapHelper(program: "/usr/bin/newgidmap", grants: "/etc/subgid")

    /// Writes the map of a process's user namespace.
    ///
    /// - Parameters:
    ///   - mappings: What is mapped.
    ///   - ownID: The caller's own id, which needs no grant.
    ///   - pid: The process; a child that has not been waited for, so that the number stays its own.
    ///   - origin: Where the bundle has the mappings.
    /// - Throws: ``RuntimeError``, which names what is missing and who can grant it.
    func write(_ mappings: [IDMapping], ownID: UInt32, of pid: Int32, origin: String) throws(RuntimeError) {
        try verify(origin)
        var arguments = [program, "\(pid)"]
        for mapping in mappings { arguments += ["\(mapping.containerID)", "\(mapping.hostID)", "\(mapping.size)"] }
        guard let complaint = try run(arguments) else { return }
        // The program does not say which of them is refused, nor why.
        let granted = SubordinateIDs(in: grants, of: effectiveUserID())
        for (index, mapping) in mappings.enumerated()
        where !(mapping.size == 1 && mapping.hostID == ownID) && !granted.cover(mapping) {
            throw RuntimeError(
                "\(origin)[\(index)]: \(grants) does not grant \(mapping.hostID) to "
                    + "\(UInt64(mapping.hostID) + UInt64(mapping.size) - 1) to \(granted.user); as root: "
                    + "echo \(granted.user):\(mapping.hostID):\(mapping.size) >>\(grants)")
        }
        throw RuntimeError("\(origin): \(program): \(complaint)")
    }

    /// A program that anybody but root could have written is not run.
    private func verify(_ origin: String) throws(RuntimeError) {
        guard let status = try during(origin, { try fileStatus(program) }) else {
            throw RuntimeError(
                "\(origin): a user maps more than the own id by \(program), which is missing; as root: "
                    + "apt-get install uidmap")
        }
        guard status.kind == .regular, status.uid == 0, status.permissions & 0o022 == 0 else {
            throw RuntimeError("\(origin): \(program) is not a file that only root can write")
        }
    }

    /// Runs the program to its end.
    ///
    /// - Parameter arguments: What it is given, its own name first.
    /// - Returns: What it complained of; nil where it ended well.
    /// - Throws: ``RuntimeError`` where it cannot be run.
    private func run(_ arguments: [String]) throws(RuntimeError) -> String? {
        let (path, argumentBlock) = (CStringBlock([program]), CStringBlock(arguments))
        let environment = CStringBlock([])
        let (errors, output) = try during("pipe") { try FrameSocket.pipe() }
        switch try during("clone", { try cloneProcess([]) }) {
        case .child:
            do throws(SystemCallError) {
                try output.descriptor.duplicate(onto: 2)
                try closeOnExec(from: 3)
                try setParentDeathSignal(Signals.kill)
            } catch {
                endProcess(127)
            }
            Signals.unblockAll()
            _ = execute(path, argumentBlock, environment)
            endProcess(127)
        case .parent(_, let process):
            output.close()
            let text = try during(program) { try errors.descriptor.readAll(limit: 4096) }
            let end = try during(program) { try process.waitForEnd() }
            if end == .exited(0) { return nil }
            let lines = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline)
            return lines.isEmpty ? "\(end)" : lines.joined(separator: "; ")
        }
    }
}
