public import LinuxSystem
public import OCISpec

/// The hierarchies of cgroup v1 that hold controllers which cgroup v2 therefore lacks: memory, cpu, cpuset and pids.
///
/// Processes, freezing and killing are always cgroup v2's (decision 0006); here are limits only (decision 0015).
///
/// Source: the kernel's Documentation/admin-guide/cgroup-v1.
public struct LegacyHierarchies: Sendable {
    /// Where each controller is mounted.
    private let places: LegacyPlaces

    /// The controllers that are driven on cgroup v1.
    static let controllers = ["memory", "cpu", "cpuset", "pids"]

    /// A host whose controllers are on cgroup v2.
    public static let none = LegacyHierarchies(places: [:])

    private init(places: LegacyPlaces) { self.places = places }

    /// Finds the hierarchies that limits need.
    ///
    /// - Parameters:
    ///   - resources: The limits; where they need no controller nothing is looked for.
    ///   - unified: This host's cgroup v2; nil where it has none.
    /// - Returns: The hierarchies.
    /// - Throws: `SystemCallError`.
    public static func ofHost(
        for resources: [LinuxResources], beside unified: UnifiedHierarchy?
    ) throws(SystemCallError) -> LegacyHierarchies {
        let isAsked = resources.contains { $0.memory != nil || $0.cpu != nil || ($0.pids?.limit ?? 0) > 0 }
        return isAsked ? try ofHost(beside: unified) : none
    }

    /// Finds all of them.
    ///
    /// - Parameter unified: This host's cgroup v2; nil where it has none.
    /// - Returns: The hierarchies.
    /// - Throws: `SystemCallError`.
    public static func ofHost(beside unified: UnifiedHierarchy?) throws(SystemCallError) -> LegacyHierarchies {
        // Alone at the usual place, cgroup v2 has all of them.
        if unified?.isAlone == true { return none }
        if let usual = try atUsualPlaces() { return LegacyHierarchies(places: usual) }
        var places: LegacyPlaces = [:]
        let text = String(decoding: try readFile("/proc/self/mountinfo", limit: 1 << 24), as: UTF8.self)
        for line in text.split(separator: "\n") {
            // ID PARENT DEVICE ROOT MOUNTPOINT OPTIONS [FIELD…] - TYPE SOURCE SUPEROPTIONS
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 3, dash > 5, fields[dash + 1] == "cgroup"
            else { continue }
            for option in fields[dash + 3].split(separator: ",") where controllers.contains(String(option)) {
                places[String(option)] = String(fields[4])
            }
        }
        return LegacyHierarchies(places: places)
    }

    /// The places where distributions mount them, if all are there: a look at four directories, which the list of all
    /// mounts would cost ten times. A directory of another controller has none of the files that limits are written to.
    private static func atUsualPlaces() throws(SystemCallError) -> LegacyPlaces? {
        var places: LegacyPlaces = [:]
        for controller in controllers {
            let place = "/sys/fs/cgroup/" + controller
            do throws(SystemCallError) {
                // CGROUP_SUPER_MAGIC of linux/magic.h.
                guard try openFile(place, [.path, .directory]).fileSystemMagic() == 0x27_e0eb else { return nil }
            } catch  where error.errno == .noSuchFile || error.errno == .notDirectory {
                return nil
            }
            places[controller] = place
        }
        return places
    }

    /// Whether there are none.
    public var isEmpty: Bool { places.isEmpty }

    /// Whether a controller is on cgroup v1.
    ///
    /// - Parameter controller: Its name.
    /// - Returns: Whether it is.
    public func hold(_ controller: String) -> Bool { places[controller] != nil }

    /// Removes the groups at a path, and those above them, that were made here and hold no process.
    ///
    /// - Parameter path: Where in each hierarchy.
    /// - Returns: Whether none of them is left.
    /// - Throws: `SystemCallError`.
    public func removeIfEmpty(_ path: CgroupPath) throws(SystemCallError) -> Bool {
        var isGone = true
        for mountPoint in places.paths {
            if try !LegacyGroups.removeIfEmpty(mountPoint + path.description) { isGone = false }
        }
        return isGone
    }

    /// The memory that a group uses, and may use.
    ///
    /// - Parameter path: The group.
    /// - Returns: The amounts in bytes; nil where memory is not on cgroup v1, or no such group is there.
    /// - Throws: `SystemCallError`.
    public func memory(of path: CgroupPath) throws(SystemCallError) -> CgroupMetrics.Amount? {
        guard let mountPoint = places["memory"] else { return nil }
        return try LegacyGroups(places: ["memory": mountPoint + path.description]).memory()
    }

    /// Where a controller is mounted.
    func place(of controller: String) -> String? { places[controller] }

    /// The limits that these hierarchies hold.
    ///
    /// - Parameter resources: All limits.
    /// - Returns: Those for controllers on cgroup v1, and the rest.
    public func split(_ resources: LinuxResources) -> (legacy: LinuxResources, unified: LinuxResources) {
        var legacy = LinuxResources()
        var unified = resources
        if hold("memory") { (legacy.memory, unified.memory) = (resources.memory, nil) }
        if hold("pids") { (legacy.pids, unified.pids) = (resources.pids, nil) }
        if let cpu = resources.cpu {
            var (old, new) = (cpu, cpu)
            if hold("cpuset") { (new.cpus, new.mems) = (nil, nil) } else { (old.cpus, old.mems) = (nil, nil) }
            if hold("cpu") {
                new = LinuxCPU(cpus: new.cpus, mems: new.mems)
            } else {
                old = LinuxCPU(cpus: old.cpus, mems: old.mems)
            }
            (legacy.cpu, unified.cpu) = (old, new)
        }
        return (legacy, unified)
    }
}
