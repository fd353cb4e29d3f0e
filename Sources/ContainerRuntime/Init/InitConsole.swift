internal import LinuxSystem

/// The container's terminal, made in its own devpts.
struct InitConsole {
    /// Makes the terminal, shows it as /dev/console, and puts it on descriptors 0 to 2.
    ///
    /// - Parameters:
    ///   - process: Whose it is: owner and window size.
    ///   - root: The container's root, before it is entered.
    ///   - isControlling: Whether it becomes the controlling terminal of this session.
    ///   - isCarried: Whether the runtime carries its output to another terminal or to a file.
    ///   - handOver: Given the master, for whoever holds the other end.
    /// - Throws: ``RuntimeError``.
    static func open(
        _ process: ProcessPlan, in root: borrowing RootDirectory, isControlling: Bool, isCarried: Bool,
        handOver: (borrowing FileDescriptor) throws(RuntimeError) -> Void
    ) throws(RuntimeError) {
        let pty = try make(process, in: root, isCarried: isCarried)
        try during("/dev/console") { () throws(SystemCallError) in
            let slave = try root.open("/dev/pts/\(pty.index)")
            // Every devpts numbers its terminals from 0 and their inodes from 3.
            let (found, own) = (try slave.status(), try pty.slave.status())
            guard found.device == own.device, found.inode == own.inode, try slave.fileSystemMagic() == 0x1cd1 else {
                throw SystemCallError(call: "open", object: "\"/dev/pts/\(pty.index)\"", errno: .invalidArgument)
            }
            try MountTree(copying: slave, isRecursive: false).attach(to: try root.openMakingFile("/dev/console"))
        }
        try handOver(pty.master)
        try use(pty, isControlling: isControlling)
    }

    /// Makes the terminal.
    ///
    /// - Parameters:
    ///   - process: Whose it is: owner and window size.
    ///   - root: The container's root.
    ///   - isCarried: Whether the runtime carries its output to another terminal or to a file.
    /// - Returns: Both ends.
    /// - Throws: ``RuntimeError``.
    static func make(
        _ process: ProcessPlan, in root: borrowing RootDirectory, isCarried: Bool
    ) throws(RuntimeError) -> Pseudoterminal {
        let what = "process.terminal"
        let pty = try during(what) { () throws(SystemCallError) in
            let multiplexer = try root.open("/dev/pts/ptmx", [.readWrite, .noControllingTerminal])
            // DEVPTS_SUPER_MAGIC: not a file that the root file system has put there.
            guard try multiplexer.fileSystemMagic() == 0x1cd1 else {
                throw SystemCallError(
                    call: "open", object: "\"/dev/pts/ptmx\", not of a devpts", errno: .invalidArgument)
            }
            return try Pseudoterminal(multiplexer: multiplexer)
        }
        // The outer terminal does it, once; a file gets the lines as they were written.
        if isCarried { try during(what) { try pty.slave.leaveLineFeeds() } }
        if let size = process.consoleSize { try during(what) { try pty.slave.setWindowSize(size) } }
        do throws(SystemCallError) {
            try pty.slave.changeOwner(uid: process.uid, gid: try pty.slave.status().gid)
        } catch  where error.errno == .notPermitted || error.errno == .invalidArgument {
            // Inside a user namespace it belongs to its only user already, or to one that cannot be named.
        } catch {
            throw RuntimeError("\(what): \(error)")
        }
        return pty
    }

    /// Puts the terminal on descriptors 0 to 2.
    ///
    /// - Parameters:
    ///   - pty: The terminal.
    ///   - isControlling: Whether it becomes the controlling terminal of this session.
    /// - Throws: ``RuntimeError``.
    static func use(_ pty: borrowing Pseudoterminal, isControlling: Bool) throws(RuntimeError) {
        try during("process.terminal") { () throws(SystemCallError) in
            if isControlling { try pty.slave.makeControllingTerminal() }
            for number in Int32(0)...2 { try pty.slave.duplicate(onto: number) }
        }
    }
}
