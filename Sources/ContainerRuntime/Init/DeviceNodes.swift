internal import LinuxSystem
internal import OCISpec

/// Device nodes that the runtime makes for a container in a user namespace, where nobody may make any (mknod(2)).
///
/// They lie in a file system of their own, which goes with the last of its mounts; init binds each where it belongs.
final class DeviceNodes {
    private let tree: FileDescriptorBox
    private let devices: [DevicePlan]

    /// Where init attaches the file system for a moment: the kernel binds nothing from a mount that is attached nowhere.
    private static let place = "/sys"

    /// Makes the nodes that a bundle lists.
    ///
    /// - Returns: nil where there are none, and where this process may not make any: those of the host are bound then.
    init?(for plan: InitPlan) throws(RuntimeError) {
        let owners = (IDMaps.table(plan.uidMappings), IDMaps.table(plan.gidMappings))
        // A device whose owner the namespace does not know cannot be made as listed either.
        devices = plan.devices.filter { device in
            !device.origin.isEmpty && device.kind != .fifo && owners.0(device.uid) != nil && owners.1(device.gid) != nil
        }
        if devices.isEmpty { return nil }
        do throws(SystemCallError) {
            let tree = try MountTree(
                newFileSystem: "tmpfs", source: "agentrt", options: ["mode=0711"], attributes: .noExecution)
            for (index, device) in devices.enumerated() {
                guard let uid = owners.0(device.uid), let gid = owners.1(device.gid) else { continue }
                try tree.descriptor.makeNode(
                    "\(index)", kind: device.kind, permissions: device.permissions, device: device.device)
                try tree.descriptor.changeOwner("\(index)", uid: uid, gid: gid)
            }
            self.tree = FileDescriptorBox(try tree.descriptor.duplicated())
        } catch  where error.errno == .notPermitted {
            return nil
        } catch {
            throw RuntimeError("linux.devices: \(error)")
        }
    }

    /// Whether a device is among them.
    func contains(_ device: DevicePlan) -> Bool { devices.contains(device) }

    /// Lets init bind the nodes while a closure runs.
    func attached(_ work: () throws(RuntimeError) -> Void) throws(RuntimeError) {
        try during("linux.devices") { () throws(SystemCallError) in
            try MountTree.received(try tree.descriptor.duplicated()).attach(to: Self.place)
        }
        try work()
        try during("linux.devices") { try unmountDetached(Self.place) }
    }

    /// A mount of the node alone.
    func copy(of device: DevicePlan) throws(SystemCallError) -> MountTree {
        guard let index = devices.firstIndex(of: device) else {
            throw SystemCallError(call: "bind", object: quoted(device.path), errno: .noSuchFile)
        }
        return try MountTree(copying: try tree.descriptor.open("\(index)", [.path, .noFollow]), isRecursive: false)
    }
}
