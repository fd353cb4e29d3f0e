internal import LinuxSystem

/// Device nodes and the links of /dev (runtime-spec config-linux.md, Default Devices; config.md, Dev symbolic links).
struct RootfsDevices {
    /// Whether nodes are bound from the host: nobody may make them inside a user namespace.
    let bindsFromHost: Bool
    /// Those that the runtime has made, to be bound in their stead.
    let nodes: DeviceNodes?

    /// Links that programs expect below /dev.
    private static let links = [
        ("/proc/self/fd", "fd"), ("/proc/self/fd/0", "stdin"), ("/proc/self/fd/1", "stdout"),
        ("/proc/self/fd/2", "stderr"), ("pts/ptmx", "ptmx"),
    ]

    /// Makes nodes and links.
    func add(_ devices: [DevicePlan], to root: borrowing RootDirectory) throws(RuntimeError) {
        // A /dev that is a link would have nodes made where it leads, which need not be what the bundle mounted.
        let directory = try during("/dev") { () throws(SystemCallError) in
            _ = try root.openMakingDirectory("/dev")
            return try openFile(
                "/dev", below: root.descriptor, [.path, .directory], resolve: [.inRoot, .noSymlinks])
        }
        if let nodes {
            try nodes.attached { () throws(RuntimeError) in try add(devices, to: root, directory) }
        } else {
            try add(devices, to: root, directory)
        }
        for (target, name) in Self.links {
            do throws(SystemCallError) {
                try directory.makeSymbolicLink(to: target, name)
            } catch  where error.errno == .fileExists {
                continue  // The bundle's own.
            } catch {
                throw RuntimeError("/dev/\(name): \(error)")
            }
        }
    }

    private func add(
        _ devices: [DevicePlan], to root: borrowing RootDirectory, _ directory: borrowing FileDescriptor
    ) throws(RuntimeError) {
        for device in devices {
            let origin = device.origin.isEmpty ? "default device" : device.origin
            try during("\(origin): \(quoted(device.path))") { () throws(SystemCallError) in
                if let name = Self.nameInDev(device.path) { return try add(device, name, in: directory, root) }
                let (parent, name) = try root.openParent(of: device.path)
                try add(device, name, in: parent.descriptor, root)
            }
        }
    }

    /// `null` of `/dev/null`: the usual case, for which no directory need be looked up again.
    private static func nameInDev(_ path: String) -> String? {
        guard path.hasPrefix("/dev/") else { return nil }
        let name = path.dropFirst(5)
        return name.isEmpty || name == "." || name == ".." || name.utf8.contains(UInt8(ascii: "/")) ? nil : String(name)
    }

    private func add(
        _ device: DevicePlan, _ name: String, in parent: borrowing FileDescriptor, _ root: borrowing RootDirectory
    ) throws(SystemCallError) {
        if bindsFromHost && device.kind != .fifo {
            return try isThere(device, name, in: parent) ? () : bind(device, root)
        }
        do throws(SystemCallError) {
            try parent.makeNode(name, kind: device.kind, permissions: device.permissions, device: device.device)
        } catch  where error.errno == .fileExists {
            if try isThere(device, name, in: parent) { return }
            throw error
        } catch  where error.errno == .notPermitted {
            // Root of a rootless engine's user namespace (podman's), or without CAP_MKNOD.
            return try bind(device, root)
        }
        if device.uid != 0 || device.gid != 0 { try parent.changeOwner(name, uid: device.uid, gid: device.gid) }
    }

    /// Whether the very node is there already, as in a /dev bound from the host.
    private func isThere(
        _ device: DevicePlan, _ name: String, in parent: borrowing FileDescriptor
    ) throws(SystemCallError) -> Bool {
        guard let status = try parent.status(of: name) else { return false }
        if status.kind == device.kind && (device.kind == .fifo || status.deviceNode == device.device) { return true }
        if status.kind == .regular && status.size == 0 { return false }
        throw SystemCallError(call: "mknod", object: quoted(name), errno: .fileExists)
    }

    private func bind(_ device: DevicePlan, _ root: borrowing RootDirectory) throws(SystemCallError) {
        if let nodes, nodes.contains(device) {
            return try attach(try nodes.copy(of: device), device, root)
        }
        let tree = try MountTree(copying: device.path, isRecursive: false)
        let status = try tree.descriptor.status()
        guard status.kind == device.kind, status.deviceNode == device.device else {
            throw SystemCallError(
                call: "bind", object: "\(quoted(device.path)) of the host", errno: .noSuchDeviceOrAddress)
        }
        try attach(tree, device, root)
    }

    private func attach(
        _ tree: borrowing MountTree, _ device: DevicePlan, _ root: borrowing RootDirectory
    ) throws(SystemCallError) {
        // Read-only: the device can be written all the same, but its mode and times are the host's.
        try tree.change(setting: [.readOnly, .noSetUserID, .noExecution])
        try tree.attach(to: try root.openMakingFile(device.path))
    }
}
