internal import DBus
internal import LinuxSystem

/// systemd, which makes and removes the control groups of containers where it is the one to do so: the system's, or that
/// of a user.
///
/// Source: org.freedesktop.systemd1(5); systemd's "The New Control Group Interfaces" and "Control Group APIs and
/// Delegation".
public struct SystemdManager: Sendable {
    /// Whether it is a user's own.
    public let isOfUser: Bool
    private let busPath: String
    private let userID: UInt32

    private static let name = "org.freedesktop.systemd1"
    private static let path = "/org/freedesktop/systemd1"
    private static let manager = "org.freedesktop.systemd1.Manager"

    /// Finds the systemd that this process has to ask.
    ///
    /// - Throws: ``CgroupError`` where there is none.
    public init() throws(CgroupError) {
        userID = try attempt { () throws(SystemCallError) in try Self.hostUserID() }
        isOfUser = userID != 0
        let variable = isOfUser ? "DBUS_SESSION_BUS_ADDRESS" : "DBUS_SYSTEM_BUS_ADDRESS"
        if let address = processEnvironmentVariable(variable), !address.isEmpty {
            busPath = try Self.socket(of: address, variable)
        } else if !isOfUser {
            busPath = "/run/dbus/system_bus_socket"
        } else if let directory = processEnvironmentVariable("XDG_RUNTIME_DIR"), !directory.isEmpty {
            busPath = directory + "/bus"
        } else {
            busPath = "/run/user/\(userID)/bus"
        }
    }

    /// Makes a scope, with a process of the caller's in it.
    ///
    /// - Parameters:
    ///   - scope: Its name.
    ///   - process: A process; the scope lasts as long as it, or others in it.
    ///   - settings: The limits.
    /// - Returns: The scope's group.
    /// - Throws: ``CgroupError``.
    public func start(
        _ scope: ScopeName, holding process: Int32, settings: ControlSettings
    ) throws(CgroupError) -> CgroupPath {
        let path = try asking { bus throws(DBusError) -> String in
            func property(_ name: String, _ value: DBusValue) -> DBusValue {
                .structure([.string(name), .variant(value)])
            }
            let properties =
                [
                    property("Description", .string("agentrt container")), property("Slice", .string(scope.slice)),
                    // The group's files below are the container's; systemd makes no groups there.
                    property("Delegate", .boolean(true)),
                    // Not one of those that end before the machine goes down: whoever runs the container decides.
                    property("DefaultDependencies", .boolean(false)),
                    property("CollectMode", .string("inactive-or-failed")),
                    property("PIDs", .array(of: "u", [.uint32(UInt32(process))])),
                ] + settings.unitProperties
            try subscribe(bus)
            let job = try call(
                bus, "StartTransientUnit",
                [
                    .string(scope.unit), .string("fail"), .array(of: "(sv)", properties),
                    .array(of: "(sa(sv))", []),
                ])
            try waitForEnd(of: job.first?.text ?? "", bus)
            let unit = try call(bus, "GetUnit", [.string(scope.unit)]).first?.text ?? Self.path
            let group = try get(bus, .string("ControlGroup"), of: unit)
            guard let path = group.first?.text, !path.isEmpty else {
                throw .malformed("a scope without a control group")
            }
            return path
        }
        return try CgroupPath(path)
    }

    /// Changes the limits of a scope, until it ends.
    ///
    /// - Parameters:
    ///   - unit: The scope.
    ///   - settings: The limits.
    /// - Returns: The limits as they were, for ``restore(_:of:)``.
    /// - Throws: ``CgroupError``; then none is changed.
    public func change(_ unit: String, to settings: ControlSettings) throws(CgroupError) -> UnitLimits {
        let properties = settings.unitProperties
        if properties.isEmpty { return UnitLimits(properties: []) }
        return try asking { bus throws(DBusError) in
            let object = try call(bus, "GetUnit", [.string(unit)]).first?.text ?? Self.path
            var before: [DBusValue] = []
            for case .structure(let property) in properties {
                let name = property[0]
                guard case .variant(let value)? = try get(bus, name, of: object).first else {
                    throw .malformed("a property without a value")
                }
                before.append(.structure([name, .variant(value)]))
            }
            try set(bus, properties, of: unit)
            return UnitLimits(properties: before)
        }
    }

    /// Takes a change of limits back.
    ///
    /// - Parameters:
    ///   - limits: What ``change(_:to:)`` gave.
    ///   - unit: The scope.
    /// - Throws: ``CgroupError``.
    public func restore(_ limits: UnitLimits, of unit: String) throws(CgroupError) {
        if limits.properties.isEmpty { return }
        try asking { bus throws(DBusError) in try set(bus, limits.properties, of: unit) }
    }

    /// Ends a scope, and what is in it; one that is gone is no failure.
    ///
    /// - Parameter unit: The scope.
    /// - Throws: ``CgroupError``.
    public func stop(_ unit: String) throws(CgroupError) {
        try asking { bus throws(DBusError) in
            do throws(DBusError) {
                try subscribe(bus)
                let job = try call(bus, "StopUnit", [.string(unit), .string("replace")])
                try waitForEnd(of: job.first?.text ?? "", bus)
            } catch .refused(name: "org.freedesktop.systemd1.NoSuchUnit", _) {
                return
            }
        }
    }

    // MARK: Calls

    private func call(
        _ bus: DBusConnection, _ member: String, _ body: [DBusValue]
    ) throws(DBusError) -> [DBusValue] {
        try bus.call(DBusMessage(calling: member, of: Self.manager, on: Self.path, at: Self.name, body))
    }

    /// A property of the unit at a path.
    private func get(
        _ bus: DBusConnection, _ property: DBusValue, of unit: String
    ) throws(DBusError) -> [DBusValue] {
        try bus.call(
            DBusMessage(
                calling: "Get", of: "org.freedesktop.DBus.Properties", on: unit, at: Self.name,
                [.string("org.freedesktop.systemd1.Scope"), property]))
    }

    /// Sets properties until the unit ends: all of them, or none.
    private func set(_ bus: DBusConnection, _ properties: [DBusValue], of unit: String) throws(DBusError) {
        _ = try call(bus, "SetUnitProperties", [.string(unit), .boolean(true), .array(of: "(sv)", properties)])
    }

    /// systemd tells the ends of jobs only where somebody wants to know.
    private func subscribe(_ bus: DBusConnection) throws(DBusError) {
        try bus.call(
            DBusMessage(
                calling: "AddMatch", of: "org.freedesktop.DBus", on: "/org/freedesktop/DBus",
                at: "org.freedesktop.DBus",
                [.string("type='signal',sender='\(Self.name)',interface='\(Self.manager)',member='JobRemoved'")]))
        _ = try call(bus, "Subscribe", [])
    }

    /// JobRemoved has the job's number, its object, its unit and its result.
    private func waitForEnd(of job: String, _ bus: DBusConnection) throws(DBusError) {
        let signal = try bus.signal { signal in
            signal.member == "JobRemoved" && signal.body.count == 4 && signal.body[1].text == job
        }
        guard signal.body[3].text == "done" else {
            throw .refused(name: "", message: "the job ended with \(quoted(signal.body[3].text ?? "nothing"))")
        }
    }

    private func asking<Result>(
        _ question: (DBusConnection) throws(DBusError) -> Result
    ) throws(CgroupError) -> Result {
        do throws(DBusError) {
            return try question(DBusConnection(path: busPath, userID: userID))
        } catch {
            throw CgroupError("systemd (\(isOfUser ? "the user's" : "the system's"), at \(quoted(busPath))): \(error)")
        }
    }

    // MARK: Where it is

    /// This process's user as systemd outside of this user namespace sees it (user_namespaces(7), uid_map).
    private static func hostUserID() throws(SystemCallError) -> UInt32 {
        let own = effectiveUserID()
        let text = String(decoding: try readFile("/proc/self/uid_map", limit: 1 << 16), as: UTF8.self)
        for line in text.split(separator: "\n") {
            let numbers = line.split(separator: " ").compactMap { UInt32($0) }
            guard numbers.count == 3, own >= numbers[0], own - numbers[0] < numbers[2] else { continue }
            return numbers[1] + (own - numbers[0])
        }
        return own
    }

    /// The socket of an address such as `unix:path=/run/user/1000/bus,guid=…`.
    private static func socket(of address: String, _ variable: String) throws(CgroupError) -> String {
        for transport in address.split(separator: ";") {
            guard transport.hasPrefix("unix:") else { continue }
            for pair in transport.dropFirst("unix:".count).split(separator: ",") where pair.hasPrefix("path=") {
                return String(pair.dropFirst("path=".count))
            }
        }
        throw CgroupError("\(variable): \(quoted(address)) names no unix socket by its path")
    }
}
