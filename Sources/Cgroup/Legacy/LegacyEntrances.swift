public import LinuxSystem

/// The ways into groups of cgroup v1 for a process with one thread, which takes them itself.
///
/// The kernel lets a thread move itself at once. For whoever moves another it holds up all births and deaths of threads on
/// the machine first, which takes a grace period of RCU: milliseconds, more on a busy machine.
///
/// Source: the kernel's Documentation/admin-guide/cgroup-v1/cgroups.rst, `tasks`; cgroup_procs_write_start of its
/// kernel/cgroup/cgroup.c.
public struct LegacyEntrances: Sendable {
    private let files: [FileDescriptorBox]

    init(to places: LegacyPlaces) throws(SystemCallError) {
        var files: [FileDescriptorBox] = []
        for place in places.all { files.append(FileDescriptorBox(try openFile(place.path + "/tasks", .writeOnly))) }
        self.files = files
    }

    /// Moves the calling thread, which is its process's only one, into the groups; what it starts from now on is in them
    /// too. The right to is that of whoever opened the ways.
    ///
    /// - Throws: `SystemCallError`.
    public func enter() throws(SystemCallError) {
        for file in files { try file.descriptor.write("0") }
    }
}
