public import LinuxSystem

extension Cgroup {
    /// The processes in the group and in those that the container made below it (cgroup.procs).
    ///
    /// - Returns: Their ids as this process counts, ascending; a process of another pid namespace that this one does not
    ///   hold is left out.
    /// - Throws: `SystemCallError`.
    public func allProcesses() throws(SystemCallError) -> [Int32] {
        var found: [Int32] = []
        try Self.collect(absolutePath, into: &found)
        return found.filter { $0 > 0 }.sorted()
    }

    private static func collect(_ path: String, into found: inout [Int32]) throws(SystemCallError) {
        do throws(SystemCallError) {
            found += try processes(of: path)
            for entry in try directoryListing(path, leavesOutUnnameable: true) where entry.kind == .directory {
                try collect(path + "/" + entry.name, into: &found)
            }
        } catch  where error.errno == .noSuchFile || error.errno == .noDevice {
            return  // Removed meanwhile.
        }
    }

    private static func processes(of path: String) throws(SystemCallError) -> [Int32] {
        do throws(SystemCallError) {
            let text = String(decoding: try readFile(path + "/cgroup.procs"), as: UTF8.self)
            return text.split(separator: "\n").compactMap { Int32($0) }
        } catch  where error.errno == .notSupported {
            return []  // A threaded group: the one above it lists its processes.
        }
    }
}
