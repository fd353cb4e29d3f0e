internal import LinuxSystem

extension Cgroup {
    /// Puts rules on devices in force for the group and all below it, in place of those it had.
    ///
    /// - Parameter access: The rules.
    /// - Throws: ``CgroupError``; its ``CgroupError/isLackOfRights`` tells that this process may not.
    public func setDeviceAccess(_ access: DeviceAccess) throws(CgroupError) {
        let tooMany = CgroupError("are too many for a program of the kernel")
        guard access.fitsProgram else { throw tooMany }
        do throws(SystemCallError) {
            // A group of our own without rules has no program, and needs none for rules that permit everything.
            if access.permitsEverything {
                if isNew { return }
                if try !DeviceProgram.isAttached(to: directory.descriptor) { return }
            }
            try DeviceProgram.attach(access.program, to: directory.descriptor, isNew: isNew)
        } catch  where error.errno == .tooBig {
            throw tooMany
        } catch  where [.invalidArgument, .notImplemented, .notSupported].contains(error.errno) {
            throw CgroupError("\(error); the kernel must have CONFIG_CGROUP_BPF to hold them", errno: error.errno)
        } catch {
            throw CgroupError(error)
        }
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
