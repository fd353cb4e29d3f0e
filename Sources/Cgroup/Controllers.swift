internal import LinuxSystem

/// A controller that settings need, and where the bundle has the first of them.
typealias NeededController = (name: String, origin: String)

extension [NeededController] {
    /// Both lists, each controller once.
    func merging(_ others: [NeededController]) -> [NeededController] {
        self + others.filter { other in !contains { $0.name == other.name } }
    }
}

/// Runs calls; their failure is told as a group's.
func attempt<Result: ~Copyable>(_ calls: () throws(SystemCallError) -> Result) throws(CgroupError) -> Result {
    do throws(SystemCallError) {
        return try calls()
    } catch {
        throw CgroupError(error)
    }
}

extension Cgroup {
    /// Lets a group's children have the controllers (cgroup.subtree_control).
    ///
    /// - Parameters:
    ///   - controllers: Which.
    ///   - directory: The group's directory.
    ///   - place: Its path in the file system.
    /// - Throws: ``CgroupError`` that says what stands in the way, and where the controller is instead.
    static func passOn(
        _ controllers: [NeededController], to directory: borrowing FileDescriptor, _ place: String
    ) throws(CgroupError) {
        if controllers.isEmpty { return }
        let passed = try words(of: "cgroup.subtree_control", in: directory)
        let missing = controllers.filter { !passed.contains($0.name) }
        if missing.isEmpty { return }
        try require(missing, in: directory, place)
        do throws(SystemCallError) {
            let change = missing.map { "+" + $0.name }.joined(separator: " ")
            try directory.open("cgroup.subtree_control", .writeOnly).write(change)
        } catch {
            throw refusal(of: missing[0], at: place, error)
        }
    }

    /// Makes sure that a group has controllers (cgroup.controllers).
    ///
    /// - Parameters:
    ///   - controllers: Which.
    ///   - directory: The group's directory.
    ///   - place: Its path in the file system.
    /// - Throws: ``CgroupError`` that says where one is instead.
    static func require(
        _ controllers: [NeededController], in directory: borrowing FileDescriptor, _ place: String
    ) throws(CgroupError) {
        if controllers.isEmpty { return }
        let available = try words(of: "cgroup.controllers", in: directory)
        for controller in controllers where !available.contains(controller.name) {
            throw try absence(of: controller, at: place)
        }
    }

    /// Has the group count memory, processes, and what is read and written, as far as the groups above pass that on or
    /// can be made to. What cannot be had is not counted.
    public func count() {
        var place = absolutePath.dropLast(path.description.utf8.count)
        for name in path.components {
            do throws(CgroupError) {
                try Self.passOnCounters(at: String(place))
            } catch {
                // Somebody else's, or one with processes: a group below it may pass them on all the same.
            }
            place += "/" + name
        }
    }

    private static func passOnCounters(at place: String) throws(CgroupError) {
        let directory = try attempt { () throws(SystemCallError) in try openFile(place, [.readOnly, .directory]) }
        let available = try words(of: "cgroup.controllers", in: directory)
        let passed = try words(of: "cgroup.subtree_control", in: directory)
        let missing = ["memory", "pids", "io"].filter { available.contains($0) && !passed.contains($0) }
        if missing.isEmpty { return }
        try attempt { () throws(SystemCallError) in
            try directory.open("cgroup.subtree_control", .writeOnly)
                .write(missing.map { "+" + $0 }.joined(separator: " "))
        }
    }

    private static func words(
        of file: String, in directory: borrowing FileDescriptor
    ) throws(CgroupError) -> [String] {
        let text: [UInt8]
        do throws(SystemCallError) {
            text = try directory.open(file, .readOnly).readAll(limit: 4096)
        } catch {
            throw CgroupError(error)
        }
        return text.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Why a group has not got a controller.
    private static func absence(of controller: NeededController, at place: String) throws(CgroupError) -> CgroupError {
        let (name, origin) = controller
        func lack(_ reason: String, remedy: String? = nil) -> CgroupError {
            CgroupError(origin, lack: CgroupError.Lack(means: .controller(name), reason: reason), remedy: remedy)
        }
        guard try attempt({ () throws(SystemCallError) in try isRoot(place) }) else {
            return lack(
                "the \(name) controller is not passed on to \(quoted(place))",
                remedy: ["hugetlb", "rdma", "misc"].contains(name) ? nil : delegationHint)
        }
        if let legacy = try attempt({ () throws(SystemCallError) in try UnifiedHierarchy.legacyPlace(of: name) }) {
            return lack("the \(name) controller is not on cgroup v2 here (it is bound to cgroup v1 at \(legacy))")
        }
        return lack(
            "the requested cgroup controller `\(name)` is not available: this kernel has none, or it is switched off")
    }

    private static func isRoot(_ place: String) throws(SystemCallError) -> Bool {
        // Every group but the root has a type.
        try fileStatus(place + "/cgroup.type") == nil
    }

    private static func refusal(
        of controller: NeededController, at place: String, _ error: SystemCallError
    ) -> CgroupError {
        let (name, origin) = controller
        func lack(_ reason: String, remedy: String? = nil) -> CgroupError {
            CgroupError(origin, lack: CgroupError.Lack(means: .controller(name), reason: reason), remedy: remedy)
        }
        switch error.errno {
        case .busy:
            return lack(
                "\(quoted(place)) holds processes, so that it can pass no controller on (name a group beside them)")
        case .notSupported:
            return lack(
                "\(quoted(place)) is threaded, or a group above it is or holds processes: "
                    + "the \(name) controller cannot be passed on there")
        case .permissionDenied, .notPermitted, .readOnlyFileSystem:
            return lack(
                "\(quoted(place)) does not pass the \(name) controller on, and is not this user's",
                remedy: delegationHint)
        default: return CgroupError("\(origin): \(error)", errno: error.errno)
        }
    }

    /// What gives users groups of their own, where systemd runs.
    public static let delegationHint =
        "as root: mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\\nDelegate=cpu cpuset io memory "
        + "pids\\n' >/etc/systemd/system/user@.service.d/delegate.conf && systemctl daemon-reload, then log in again"
}
