internal import Cgroup
internal import LinuxSystem

/// Which containers use which control groups, by what is recorded of them.
extension StateRoot {
    /// The control group of a container.
    ///
    /// - Parameters:
    ///   - id: The container.
    ///   - directory: The root, where it has been opened and verified already.
    /// - Returns: Its path; nil where the container has none, or is gone.
    /// - Throws: ``RuntimeError`` where its record cannot be read.
    func cgroupPath(of id: ContainerID, _ directory: FileDescriptorBox? = nil) throws(RuntimeError) -> String? {
        do throws(RuntimeError) {
            return try StateDirectory(opening: id, in: self, directory, locks: false).load()?.cgroupPath
        } catch {
            if try containerIDs().contains(id) { throw error }
            return nil  // It went meanwhile.
        }
    }

    /// Whether a container has a control group. One whose record cannot be read may have it.
    ///
    /// - Parameters:
    ///   - path: The group.
    ///   - exception: The container that is not asked about.
    ///   - directory: The root, where it has been opened and verified already.
    /// - Returns: Whether any other has.
    /// - Throws: ``RuntimeError`` where the root cannot be read.
    func hasContainer(
        in path: CgroupPath, except exception: ContainerID, _ directory: FileDescriptorBox? = nil
    ) throws(RuntimeError) -> Bool {
        for id in try containerIDs() where id != exception {
            do throws(RuntimeError) {
                if try cgroupPath(of: id, directory) == path.description { return true }
            } catch {
                return true
            }
        }
        return false
    }
}
