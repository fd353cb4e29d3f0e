internal import LinuxSystem

/// Standard input, output and error as a container's user gets them.
enum StandardStreams {
    /// Makes the pipes and sockets among them the user's own, or the user could not open /dev/stdout anew.
    ///
    /// runc and crun change the owner of files of the host too, which may be anybody's, and so may FIFOs.
    ///
    /// - Parameters:
    ///   - numbers: The descriptors.
    ///   - uid: The user, as this process's user namespace numbers it.
    ///   - gid: The user's group, likewise.
    /// - Throws: ``RuntimeError``.
    static func give(_ numbers: [Int32], uid: UInt32, gid: UInt32) throws(RuntimeError) {
        // Closed, or of somebody whom this user namespace does not know.
        let harmless: [Errno] = [.badFileDescriptor, .notPermitted, .invalidArgument, .readOnlyFileSystem]
        for number in numbers {
            let stream = UnownedDescriptor(number)
            do throws(SystemCallError) {
                let status = try stream.status()
                guard status.kind == .fifo || status.kind == .socket, status.uid != uid else { continue }
                // PIPEFS_MAGIC
                if status.kind == .fifo, try stream.fileSystemMagic() != 0x5049_5045 { continue }
                try stream.changeOwner(uid: uid, gid: gid)
            } catch  where harmless.contains(error.errno) {
                continue
            } catch {
                throw RuntimeError("descriptor \(number): \(error)")
            }
        }
    }
}
