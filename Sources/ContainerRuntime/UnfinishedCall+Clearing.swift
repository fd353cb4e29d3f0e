internal import Cgroup
internal import LinuxSystem

extension UnfinishedCall {
    /// Clears away what calls left that were killed before they had finished: processes, control groups, state.
    ///
    /// A step that fails is reported and keeps nobody from anything; what cannot go yet, such as a group whose last
    /// process is still dying, stays noted for the next call.
    ///
    /// - Parameters:
    ///   - root: The state root.
    ///   - report: Told what went wrong.
    func clearOthers(in root: StateRoot, report: @escaping @Sendable (String) -> Void) {
        do {
            for other in try folder.descriptor.entries(path: Self.folderName) where other != name {
                try clear(other, in: root, report)
            }
        } catch {
            report("cannot clear away what a killed call left: \(error)")
        }
    }

    /// Where calls that make a container, or have been killed over it, wrote that its control group is.
    ///
    /// - Parameters:
    ///   - id: The container.
    ///   - root: The state root.
    /// - Returns: The places; none where no such call is noted.
    /// - Throws: ``RuntimeError``.
    static func places(of id: ContainerID, in root: StateRoot) throws(RuntimeError) -> [ControlGroupPlan.Place] {
        var places: [ControlGroupPlan.Place] = []
        let folder = FileDescriptorBox(
            try during("state directory") { try openFolder(in: FileDescriptorBox(root.open()).descriptor) })
        for name in try during("state directory", { try folder.descriptor.entries(path: folderName) }) {
            let bytes: [UInt8]
            do throws(SystemCallError) {
                bytes = try folder.descriptor.open(name, .readOnly).readAll(limit: 4096)
            } catch  where error.errno == .noSuchFile {
                continue  // That call has ended.
            } catch {
                throw RuntimeError("state directory: \(error)")
            }
            if let note = try Note(bytes), note.id == id.description { places.append(note.group) }
        }
        return places
    }

    private func clear(
        _ other: String, in root: StateRoot, _ report: @escaping @Sendable (String) -> Void
    ) throws {
        guard let (file, bytes) = try take(other) else { return }
        var isCleared = true
        do {
            if let note = try Note(bytes) {
                isCleared = try Leftover(note, of: other, in: root, rootDirectory, report).clear()
            }
        } catch {
            // Noted for good it would be told of by every call from now on.
            report("cannot clear away what a killed call left: \(error)")
        }
        // First, as this call may live long; the note itself is still locked.
        try folder.descriptor.unlock()
        if isCleared { try folder.descriptor.removeFile(other) }
        withExtendedLifetime(file) {}
    }

    /// Takes the lock of a dead call, and the one for clearing away.
    ///
    /// - Returns: The file with the lock, and the note; nil where the call lives or has ended, or another clears away.
    private func take(_ other: String) throws(SystemCallError) -> (lock: FileDescriptorBox, note: [UInt8])? {
        do throws(SystemCallError) {
            let file = FileDescriptorBox(try folder.descriptor.open(other, .readOnly))
            try file.descriptor.lock(waits: false)
            guard try file.descriptor.status().links > 0 else { return nil }
            let note = try file.descriptor.readAll(limit: 4096)
            try folder.descriptor.lock(waits: false)
            return (file, note)
        } catch  where error.errno == .noSuchFile || error.errno == .wouldBlock {
            return nil
        }
    }
}

/// What a dead call may have left.
private struct Leftover {
    private let note: UnfinishedCall.Note
    private let call: String
    private let container: Container
    private let rootDirectory: FileDescriptorBox

    init(
        _ note: UnfinishedCall.Note, of call: String, in root: StateRoot, _ rootDirectory: FileDescriptorBox,
        _ report: @escaping @Sendable (String) -> Void
    ) throws(RuntimeError) {
        self.note = note
        self.call = call
        self.rootDirectory = rootDirectory
        container = Container(id: try ContainerID(note.id), root: root, report: report)
    }

    /// - Returns: Whether nothing is left.
    func clear() throws(RuntimeError) -> Bool {
        switch try StateDirectory.openIfFree(container.id, in: container.root, rootDirectory) {
        case .absent: return try clearGroup()
        case .locked: return false
        case .free(let directory):
            guard let record = try directory.load() else {
                // No lock and no record: nobody makes it.
                guard try clearGroup() else { return false }
                try directory.remove()
                return true
            }
            guard record.call == call else {
                // Another container of the same name; its group is another too, unless it is named after it.
                if case .group(let path) = note.group, record.cgroupPath == path.description { return true }
                return try clearGroup()
            }
            try clear(record, directory)
            return try clearGroup()  // The groups above may have stayed, where its own was gone already.
        }
    }

    private func clear(_ record: ContainerRecord, _ directory: StateDirectory) throws(RuntimeError) {
        if let process = try directory.liveProcess(record) { try container.endFirstProcess(process, record) }
        var record = record
        var cgroup = try record.openCgroup()
        // A later container may use it, and then it is no longer this call's to remove.
        if let group = cgroup, try during("cgroup", { try group.isPopulated() }),
            try container.root.hasContainer(in: group.path, except: container.id, rootDirectory)
        {
            (cgroup, record.cgroupPath, record.legacyCgroups) = (nil, nil, [:])
        }
        try container.remove(record, cgroup, directory)
    }

    /// Removes the group of a call that had no process yet, or whose process is known to nobody any more.
    ///
    /// - Returns: Whether it is gone.
    private func clearGroup() throws(RuntimeError) -> Bool {
        switch note.group {
        case .none: return true
        case .scope(let unit):
            try during("remove \(quoted(unit))") { () throws(CgroupError) in try SystemdManager().stop(unit) }
            return true
        case .group(let path):
            return try during("remove cgroup \(quoted(path.description))") { () throws(SystemCallError) in
                guard let hierarchy = try UnifiedHierarchy.ofHost() else { return true }
                let isGone = try Cgroup.removeIfEmpty(path, in: hierarchy)
                return try LegacyHierarchies.ofHost(beside: hierarchy).removeIfEmpty(path) && isGone
            }
        }
    }
}
