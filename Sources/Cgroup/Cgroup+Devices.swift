public import LinuxSystem

extension DeviceAccess {
    /// The rules as the kernel has taken and checked them.
    public struct Program: Sendable {
        fileprivate let program: DeviceProgram
        fileprivate let permitsEverything: Bool
    }

    /// Hands the rules to the kernel; nothing is in force yet.
    ///
    /// - Returns: The program.
    /// - Throws: ``CgroupError``; its ``CgroupError/isLackOfRights`` tells that this process may not.
    public func load() throws(CgroupError) -> Program {
        let tooMany = CgroupError("are too many for a program of the kernel")
        guard fitsProgram else { throw tooMany }
        do throws(SystemCallError) {
            return Program(program: try DeviceProgram(program), permitsEverything: permitsEverything)
        } catch  where error.errno == .tooBig {
            throw tooMany
        } catch  where [.invalidArgument, .notImplemented, .notSupported].contains(error.errno) {
            throw CgroupError("\(error); the kernel must have CONFIG_CGROUP_BPF to hold them", errno: error.errno)
        } catch {
            throw CgroupError(error)
        }
    }
}

extension Cgroup {
    /// Puts rules on devices in force for the group and all below it, in place of those it had.
    ///
    /// - Parameter access: The rules.
    /// - Throws: `SystemCallError`.
    public func setDeviceAccess(_ access: DeviceAccess.Program) throws(SystemCallError) {
        if access.permitsEverything { return try DeviceProgram.detach(from: directory.descriptor) }
        try access.program.attach(to: directory.descriptor, isNew: isNew)
    }

    /// Takes the rules off a group that stays.
    func dropDeviceAccess() throws(SystemCallError) {
        do throws(SystemCallError) {
            try DeviceProgram.detach(from: directory.descriptor)
        } catch  where [.notPermitted, .noDevice, .noSuchFile, .invalidArgument].contains(error.errno) {
            // Who may not take them off could not put them there; a group that is gone has none.
        }
    }
}
