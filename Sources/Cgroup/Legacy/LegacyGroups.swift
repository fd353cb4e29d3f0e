public import LinuxSystem

/// One container's groups on cgroup v1, one for each controller that its limits need; all lie at the same path as its
/// group of cgroup v2.
public struct LegacyGroups: Sendable {
    /// The groups' directories in the file system, by controller.
    public let places: LegacyPlaces

    /// As in ``Cgroup``: the sticky bit marks what is made here.
    private static let mode: UInt32 = 0o1755

    /// Groups that were made before.
    ///
    /// - Parameter places: Their directories, by controller.
    public init(places: LegacyPlaces) { self.places = places }

    /// Makes groups and sets their limits.
    ///
    /// - Parameters:
    ///   - path: Where in each hierarchy.
    ///   - hierarchies: The hierarchies.
    ///   - settings: The limits.
    ///   - parentSettings: The limits of the groups above them, which a session's calls share.
    ///   - controllers: Controllers to make groups for besides those that limits need.
    /// - Returns: The groups.
    /// - Throws: ``CgroupError``; what was made for it is gone again.
    public static func make(
        _ path: CgroupPath, in hierarchies: LegacyHierarchies, settings: LegacySettings,
        parentSettings: LegacySettings = .none, controllers: [String] = []
    ) throws(CgroupError) -> LegacyGroups {
        var places: LegacyPlaces = [:]
        /// The directories that were not there before: a group that another call lives in outlasts a failure here.
        var made: [String] = []
        let needed = settings.controllers + parentSettings.controllers + controllers
        do throws(CgroupError) {
            for controller in needed where places[controller] == nil {
                guard let mountPoint = hierarchies.place(of: controller) else {
                    throw CgroupError("the \(controller) controller is not mounted")
                }
                let place = mountPoint + path.description
                places[controller] = place
                // A group above may be removed, once empty, between two steps of this: then start again.
                var attempts = 0
                while true {
                    do throws(CgroupError) {
                        try descend(path, from: mountPoint, controller, parentSettings.settings(of: controller), &made)
                        break
                    } catch  where error.isRemoval && attempts < 100 {
                        attempts += 1
                    }
                }
                try write(settings.settings(of: controller), into: place)
            }
        } catch {
            let failure = error
            try attempt { () throws(SystemCallError) in
                try LegacyGroups(places: places.filter(made)).remove()
                // Above what was found there may be nothing of others either.
                for place in places.paths { try removeEmptyGroups(above: place) }
            }
            throw failure
        }
        return LegacyGroups(places: places)
    }

    /// Makes the directories down to a group, and notes the new ones.
    private static func descend(
        _ path: CgroupPath, from mountPoint: String, _ controller: String, _ parentSettings: [ControlSetting],
        _ made: inout [String]
    ) throws(CgroupError) {
        var place = mountPoint
        for (index, name) in path.components.enumerated() {
            let above = place
            place += "/" + name
            try attempt { () throws(SystemCallError) in
                do throws(SystemCallError) {
                    try makeDirectory(place, mode: mode)
                } catch  where error.errno == .fileExists {
                    return
                }
                made.append(place)
                // A new group may use nothing until it is told what (cpusets.rst).
                guard controller == "cpuset" else { return }
                for file in ["cpuset.cpus", "cpuset.mems"] {
                    try openFile(place + "/" + file, .writeOnly).write(try readFile(above + "/" + file, limit: 65_536))
                }
            }
            if index == path.components.count - 2 { try share(parentSettings, place) }
        }
        if made.contains(place) { return }
        guard try attempt({ () throws(SystemCallError) in try processes(of: place) }).isEmpty else {
            throw CgroupError("\(quoted(place)) holds processes already")
        }
    }

    /// Sets the limits of a group that several calls share: the first sets them, the others find them set.
    private static func share(_ settings: [ControlSetting], _ place: String) throws(CgroupError) {
        if settings.isEmpty { return }
        let lock = try attempt { () throws(SystemCallError) in
            let lock = try openFile(place, [.readOnly, .directory])
            try lock.lock()
            return lock
        }
        for setting in settings where try !isSet(setting, place) {
            if try attempt({ () throws(SystemCallError) in try isInUse(place) }) {
                throw CgroupError(
                    "\(setting.origin): the session \(quoted(place)) runs under another \(setting.file); "
                        + "end it, or take another --session")
            }
            try write([setting], into: place)
        }
        _ = lock
    }

    private static func isSet(_ setting: ControlSetting, _ place: String) throws(CgroupError) -> Bool {
        let text = try attempt { () throws(SystemCallError) in try readFile(place + "/" + setting.file, limit: 4096) }
        let value = String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        if value == setting.value { return true }
        guard setting.controller == "memory", let kept = UInt64(value), let wanted = UInt64(setting.value) else {
            return false
        }
        return kept <= wanted && wanted - kept < 65_536  // In whole pages.
    }

    /// Whether a process lives in a group or right below it.
    private static func isInUse(_ place: String) throws(SystemCallError) -> Bool {
        if try !processes(of: place).isEmpty { return true }
        for entry in try directoryListing(place, leavesOutUnnameable: true) where entry.kind == .directory {
            if try !processes(of: place + "/" + entry.name).isEmpty { return true }
        }
        return false
    }

    private static func processes(of place: String) throws(SystemCallError) -> [Int32] {
        do throws(SystemCallError) {
            let text = String(decoding: try readFile(place + "/cgroup.procs"), as: UTF8.self)
            return text.split(separator: "\n").compactMap { Int32($0) }
        } catch  where error.errno == .noSuchFile || error.errno == .noDevice {
            return []
        }
    }

    // MARK: Limits

    private static func write(_ settings: [ControlSetting], into place: String) throws(CgroupError) {
        try writeInTurn(settings) { setting throws(CgroupError) in try write(setting, into: place) }
    }

    static func write(_ setting: ControlSetting, into place: String) throws(CgroupError) {
        do throws(SystemCallError) {
            try openFile(place + "/" + setting.file, .writeOnly).write(setting.value)
        } catch {
            // A group that was removed meanwhile does not lack a file.
            try attempt { () throws(SystemCallError) in _ = try openFile(place + "/cgroup.procs", .path) }
            throw refusal(of: setting, error)
        }
    }

    private static func refusal(of setting: ControlSetting, _ error: SystemCallError) -> CgroupError {
        if error.errno == .noSuchFile {
            let reason =
                setting.file.hasPrefix("memory.memsw")
                ? "the kernel does not count swap (boot it with swapaccount=1)" : "this kernel has no \(setting.file)"
            return CgroupError(
                setting.origin, lack: CgroupError.Lack(means: .file(setting.file), reason: reason))
        }
        let why =
            switch error.errno {
            case .invalidArgument, .outOfRange: "the kernel refuses \(quoted(setting.value)) for \(setting.file)"
            case .busy: "\(quoted(setting.value)) for \(setting.file) is less than what is in use"
            default: "\(setting.file): \(error.errno)"
            }
        return CgroupError(
            "\(setting.origin): \(why)", errno: error.errno == .invalidArgument ? .invalidArgument : nil)
    }

    // MARK: Life

    /// Opens the ways into the groups for a process that is yet to be born, and may not have the right to.
    ///
    /// - Returns: The ways; they close with the value.
    /// - Throws: `SystemCallError`.
    public func openEntrances() throws(SystemCallError) -> LegacyEntrances {
        try LegacyEntrances(to: places)
    }

    /// Puts a process that runs already into the groups; what it starts from now on is in them too.
    ///
    /// - Parameter process: Its id.
    /// - Throws: `SystemCallError`.
    public func take(_ process: Int32) throws(SystemCallError) {
        for place in places.paths { try openFile(place + "/cgroup.procs", .writeOnly).write("\(process)") }
    }

    /// Removes the groups, and those above that were made here and are empty now. What still runs in them is ended.
    ///
    /// - Throws: `SystemCallError` where one cannot be removed within two seconds.
    public func remove() throws(SystemCallError) {
        for place in places.paths {
            var waited = 0
            while true {
                do throws(SystemCallError) {
                    try Cgroup.removeTree(place)
                    break
                } catch  where error.errno == .busy && waited < 2000 {
                    for process in try Self.processes(of: place) {
                        do throws(SystemCallError) {
                            try ProcessHandle(pid: process).send(signal: Signals.kill)
                        } catch  where error.errno == .noSuchProcess {
                            continue
                        }
                    }
                    if waited > 0 { sleep(milliseconds: 1) }
                    waited += 1
                }
            }
            try Self.removeEmptyGroups(above: place)
        }
    }

    /// Removes a group that was made here, unless it holds processes, and those above that are empty now.
    ///
    /// - Returns: Whether it is gone.
    static func removeIfEmpty(_ place: String) throws(SystemCallError) -> Bool {
        guard try Cgroup.removeIfEmpty(place) else { return false }
        try removeEmptyGroups(above: place)
        return true
    }

    private static func removeEmptyGroups(above place: String) throws(SystemCallError) {
        var rest = place[...]
        while let slash = rest.lastIndex(of: "/"), slash != rest.startIndex {
            rest = rest[..<slash]
            let parent = String(rest)
            guard let status = try fileStatus(parent, followsLink: false) else { continue }
            guard Cgroup.isMarked(status), try fileStatus(parent + "/cgroup.procs") != nil else { return }
            do throws(SystemCallError) { try removeDirectory(parent) } catch { return }  // In use by others: it stays.
        }
    }

    /// Asks to be told when memory is out (memory.rst, OOM Control): here the kernel kills one process, not all.
    ///
    /// - Returns: A counter; nil where no limit on memory is held here.
    /// - Throws: `SystemCallError`.
    public func outOfMemoryEvents() throws(SystemCallError) -> EventCounter? {
        guard let place = places["memory"] else { return nil }
        let file = try openFile(place + "/memory.oom_control", .readOnly)
        let counter = try EventCounter()
        try openFile(place + "/cgroup.event_control", .writeOnly).write("\(counter.rawValue) \(file.rawValue)")
        return counter
    }

    /// Whether a process was killed for want of memory.
    ///
    /// - Returns: Whether one was.
    /// - Throws: `SystemCallError`.
    public func hasKilledForMemory() throws(SystemCallError) -> Bool {
        guard let place = places["memory"] else { return false }
        return try (flatKey("oom_kill", place + "/memory.oom_control") ?? 0) > 0
    }

    /// Adds what these groups count to figures of cgroup v2.
    ///
    /// - Parameter statistics: The figures.
    /// - Throws: `SystemCallError`.
    public func add(to statistics: inout CgroupStatistics) throws(SystemCallError) {
        if let place = places["memory"] {
            statistics.memoryPeak = try number(place + "/memory.max_usage_in_bytes")
            statistics.memoryKills = try flatKey("oom_kill", place + "/memory.oom_control")
            // Newer kernels no longer count in memory.failcnt: the peak tells whose limit it was.
            if let peak = statistics.memoryPeak, let limit = try number(place + "/memory.limit_in_bytes") {
                statistics.memoryLimitHits = peak + 65_536 >= limit ? statistics.memoryKills : 0
            }
        }
        if let place = places["pids"] {
            statistics.pidsPeak = try number(place + "/pids.peak")
            statistics.pidsLimitHits = try flatKey("max", place + "/pids.events")
        }
        if let place = places["cpu"], let throttled = try flatKey("throttled_time", place + "/cpu.stat") {
            statistics.throttledTime = throttled / 1000  // It is in nanoseconds here.
        }
    }

    /// The memory that the group uses, and may use.
    ///
    /// - Returns: The amounts in bytes; nil without a group for memory.
    /// - Throws: `SystemCallError`.
    func memory() throws(SystemCallError) -> CgroupMetrics.Amount? {
        guard let place = places["memory"], let current = try number(place + "/memory.usage_in_bytes") else {
            return nil
        }
        let limit = try number(place + "/memory.limit_in_bytes")
        return CgroupMetrics.Amount(
            current: current, peak: try number(place + "/memory.max_usage_in_bytes"),
            // The largest number of whole pages, where there is no limit.
            limit: limit.flatMap { $0 >= UInt64(Int64.max) - 65_535 ? nil : $0 }, limitHits: nil)
    }

    func number(_ path: String) throws(SystemCallError) -> UInt64? {
        try text(path).flatMap { UInt64($0.prefix { $0 != "\n" }) }
    }

    private func flatKey(_ key: String, _ path: String) throws(SystemCallError) -> UInt64? {
        try text(path)?.split(separator: "\n").first { $0.hasPrefix(key + " ") }
            .flatMap { UInt64($0.dropFirst(key.utf8.count + 1)) }
    }

    func text(_ path: String) throws(SystemCallError) -> String? {
        do throws(SystemCallError) {
            return String(decoding: try readFile(path, limit: 65_536), as: UTF8.self)
        } catch  where error.errno == .noSuchFile || error.errno == .noDevice {
            return nil
        }
    }
}
