public import LinuxSystem

internal import JSON
internal import OCISpec

/// Writes a bundle's directory.
public enum BundleWriter {
    /// Writes a bundle: config.json, the root file system, the masks; and the directories of the host that the profile
    /// wants made.
    ///
    /// The directory is made under another name beside its own and renamed at the end, so that it is whole or not there.
    ///
    /// - Parameters:
    ///   - plan: The bundle.
    ///   - directory: Where to write it: a path at which nothing is, or an empty directory.
    /// - Throws: ``PlanError`` where the path is taken, or naming the call that failed; then nothing is left of it.
    public static func write(_ plan: BundlePlan, to directory: String) throws(PlanError) {
        let components = directory.pathComponents
        guard let name = components.last, !name.utf8.elementsEqual("..".utf8) else {
            throw PlanError("\(quoted(directory)) cannot be a bundle's directory")
        }
        let start = directory.utf8.first == UInt8(ascii: "/") ? "/" : "./"
        let parentPath = start + components.dropLast().joined(separator: "/")
        let obstacle: String?
        do throws(SystemCallError) {
            let parent = try openFile(parentPath, [.readOnly, .directory])
            obstacle = try self.obstacle(name, in: parent)
            if obstacle == nil { try write(plan, to: name, in: parent) }
        } catch {
            throw PlanError(error)
        }
        if let obstacle { throw PlanError("\(quoted(directory)) is there already, and \(obstacle)") }
    }

    /// Why nothing can be written at a name; nil where nothing is, or an empty directory.
    private static func obstacle(
        _ name: String, in parent: borrowing FileDescriptor
    ) throws(SystemCallError) -> String? {
        guard let status = try parent.status(of: name) else { return nil }
        guard status.kind == .directory else { return "no directory" }
        return try parent.open(name, [.readOnly, .directory]).entries(path: name).isEmpty ? nil : "not empty"
    }

    private static func write(
        _ plan: BundlePlan, to name: String, in parent: borrowing FileDescriptor
    ) throws(SystemCallError) {
        let temporary = ".\(name).new"
        try parent.removeTree(temporary)
        do throws(SystemCallError) {
            try parent.makeDirectory(temporary)
            try write(plan, into: try parent.open(temporary, [.readOnly, .directory]))
            // rename(2) takes the place of an empty directory.
            try parent.rename(temporary, to: name)
        } catch {
            // What is left is removed as far as it can be; the first failure is the one to tell.
            try? parent.removeTree(temporary)
            throw error
        }
    }

    /// Writes a bundle into an open, empty directory: the quick way for a runtime that has one.
    ///
    /// - Parameters:
    ///   - plan: The bundle.
    ///   - directory: The directory.
    /// - Throws: ``SystemCallError``; what was written until then stays.
    public static func write(_ plan: BundlePlan, into directory: borrowing FileDescriptor) throws(SystemCallError) {
        try createHostDirectories(plan)
        // The root file system last: when its masks are shut, not even their owner could take them away again.
        let config = try directory.open("config.json", [.writeOnly, .create, .exclusive], mode: 0o644)
        try config.write(JSONWriter.bytes(plan.spec, layout: .indented))
        try TreeWriter.write(
            plan.rootfs.tree, into: directory, ownedDirectories: plan.rootfs.ownedDirectories, owner: plan.user)
    }

    /// Makes the directories that the profile wants made, for the sandbox's user; those that are there stay as they are.
    ///
    /// - Parameter plan: The bundle.
    /// - Throws: ``SystemCallError``.
    public static func createHostDirectories(_ plan: BundlePlan) throws(SystemCallError) {
        guard !plan.rootfs.directoriesToCreate.isEmpty else { return }
        let root = try openFile("/", [.path, .directory])
        for path in plan.rootfs.directoriesToCreate {
            // No link is followed: planning saw none, and none may have come since.
            let parent = try openFile(
                "." + path.parentPath, below: root, [.path, .directory], resolve: [.beneath, .noSymlinks])
            let name = path.lastComponent
            if try parent.makeDirectoryIfMissing(name, mode: 0o755), effectiveUserID() == 0 {
                try parent.changeOwner(name, uid: plan.user.uid, gid: plan.user.gid)
            }
        }
    }
}
