public import LinuxSystem

/// The freezer: all processes of a group stand still (cgroup-v2.rst, cgroup.freeze).
///
/// A frozen process can be killed; any other signal waits until the group is thawed.
extension Cgroup {
    /// Stops every process in the group and below it, and waits until all stand still.
    ///
    /// - Parameter milliseconds: The longest wait; after it the group is thawed again.
    /// - Throws: ``CgroupError``.
    public func freeze(within milliseconds: Int64 = 10_000) throws(CgroupError) {
        do throws(SystemCallError) {
            let events = try WatchedFile("cgroup.events", in: directory.descriptor)
            try write("1")
            let deadline = bootTime() + milliseconds * 1_000_000
            while try !events.contents().split(separator: "\n").contains("frozen 1") {
                let left = (deadline - bootTime() + 999_999) / 1_000_000
                guard left > 0 else {
                    try write("0")
                    throw SystemCallError(call: "freeze", object: "\(milliseconds) ms", errno: .busy)
                }
                _ = try waitForChange(of: [events], milliseconds: left)
            }
        } catch  where error.errno == .busy {
            throw CgroupError(
                "a process does not stand still within \(milliseconds / 1000) s, as one that waits for a device or a file "
                    + "system; all go on")
        } catch {
            throw CgroupError(error)
        }
    }

    /// Lets every process in the group and below it go on.
    ///
    /// - Throws: ``CgroupError``.
    public func thaw() throws(CgroupError) {
        try attempt { () throws(SystemCallError) in try write("0") }
    }

    private func write(_ state: String) throws(SystemCallError) {
        try directory.descriptor.open("cgroup.freeze", .writeOnly).write(state)
    }
}

extension UnifiedHierarchy {
    /// Whether a group is to stand still. That a group above it does is not counted.
    ///
    /// - Parameter path: The group, from the root of the hierarchy.
    /// - Returns: Whether it is; false where the group is gone.
    /// - Throws: `SystemCallError`.
    public func isFrozen(_ path: String) throws(SystemCallError) -> Bool {
        do throws(SystemCallError) {
            return try openFile(mountPoint + path + "/cgroup.freeze", .readOnly).read(upTo: 8).first
                == UInt8(ascii: "1")
        } catch  where error.errno == .noSuchFile || error.errno == .noDevice {
            return false
        }
    }
}
