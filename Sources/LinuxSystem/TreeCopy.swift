extension FileDescriptor {
    /// Copies what is in this directory into another: files, directories and links, with owner and permissions.
    ///
    /// No link is followed, and no file system below is entered. Sockets are left out: without their process they are
    /// nothing.
    ///
    /// - Parameter destination: An open, empty directory.
    /// - Throws: ``SystemCallError`` naming what could not be copied.
    public func copyContents(to destination: borrowing FileDescriptor) throws(SystemCallError) {
        for entry in try listing(path: ".") {
            guard let status = try status(of: entry.name) else { continue }
            switch status.kind {
            case .regular:
                let file = try destination.open(entry.name, [.writeOnly, .create, .exclusive], mode: 0o600)
                let source = try open(entry.name, [.readOnly, .nonBlocking])
                while case let bytes = try source.read(upTo: 1 << 16), !bytes.isEmpty { try file.write(bytes) }
            case .directory:
                try destination.makeDirectory(entry.name, mode: 0o700)
                let source = try openFile(
                    entry.name, below: self, [.readOnly, .directory], resolve: [.beneath, .noSymlinks, .noCrossDevice])
                try source.copyContents(to: try destination.open(entry.name, [.readOnly, .directory]))
            case .symbolicLink:
                try destination.makeSymbolicLink(to: try linkTarget(entry.name, in: self), entry.name)
            case .characterDevice, .blockDevice, .fifo:
                try destination.makeNode(
                    entry.name, kind: status.kind, permissions: status.permissions, device: status.deviceNode)
            case .socket: continue
            }
            // The owner first: a change of owner clears set-user-ID.
            try destination.changeOwner(entry.name, uid: status.uid, gid: status.gid)
            if status.kind != .symbolicLink { try destination.changeMode(entry.name, status.permissions) }
        }
    }
}
