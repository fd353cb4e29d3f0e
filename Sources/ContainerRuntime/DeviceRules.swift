internal import Cgroup
internal import LinuxSystem
internal import OCISpec

/// A bundle's rules on devices (`linux.resources.devices`), and how they are held: by a program of the kernel.
///
/// To load it takes a right of the host's root. Without that right nobody can make device nodes, and those of the host
/// open as their modes say: so the rules that every engine writes change nothing then and are passed over, as runc and
/// crun do. Any other rule is refused.
struct DeviceRules {
    private let access: DeviceAccess
    /// Whether there are rules at all; without them devices are as the control groups above have them.
    private let areGiven: Bool
    private let origin: String
    /// The first rule that is none of the usual ones; nil where all are.
    private let firstUnusual: Int?

    /// Decides.
    ///
    /// - Parameters:
    ///   - rules: The rules, in the bundle's order.
    ///   - origin: Where they stand.
    init(_ rules: [LinuxDeviceRule], origin: String = "linux.resources.devices") {
        access = DeviceAccess(rules)
        areGiven = !rules.isEmpty
        firstUnusual = Self.firstUnusual(rules)
        self.origin = origin
    }

    /// Whether a node that the container is given may not be made by the rules, which are in force for its init too: then
    /// they come after the nodes.
    func denyMaking(_ devices: [DevicePlan]) -> Bool {
        areGiven
            && devices.contains { device in
                guard device.kind != .fifo else { return false }
                let kind: LinuxDeviceRule.Kind = device.kind == .blockDevice ? .block : .character
                return !access.permits(.making, of: kind, device.device.major, device.device.minor)
            }
    }

    /// Refuses, before anything is made, what a user cannot have held.
    ///
    /// - Throws: ``RuntimeError`` with the JSON path.
    func checkRights() throws(RuntimeError) {
        if effectiveUserID() != 0, firstUnusual != nil { throw lackOfRights }
    }

    /// Puts the rules in force.
    ///
    /// - Parameter cgroup: The container's control group.
    /// - Throws: ``RuntimeError`` with the JSON path where they cannot be held.
    func enforce(on cgroup: Cgroup?) throws(RuntimeError) {
        guard areGiven else { return }
        guard let cgroup else {
            if access.permitsEverything { return }
            if try mayBePassedOver() { return }
            throw RuntimeError("\(origin): the container has no control group of version 2, which would hold the rules")
        }
        do throws(CgroupError) {
            try cgroup.setDeviceAccess(access)
        } catch  where error.isLackOfRights {
            guard try mayBePassedOver() else { throw lackOfRights }
        } catch {
            throw RuntimeError("\(origin): \(error)")
        }
    }

    private func mayBePassedOver() throws(RuntimeError) -> Bool {
        guard firstUnusual == nil else { return false }
        if effectiveUserID() != 0 { return true }
        // Root of a user namespace: the host's has all ids.
        let map = try during("user namespace") { try readFile("/proc/self/uid_map", limit: 65_536) }
        return map.split(whereSeparator: { $0 == 32 || $0 == 10 }).last?.elementsEqual("4294967295".utf8) != true
    }

    private var lackOfRights: RuntimeError {
        RuntimeError(
            "\(origin)\(firstUnusual.map { "[\($0)]" } ?? ""): only the host's root can have rules for devices held "
                + "(bpf(2), CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN)")
    }

    /// A set of devices that engines permit after they have denied all: those of the default /dev, and to make any
    /// node (`runc spec`, containerd, Podman, Docker).
    private static let usual: [(kind: LinuxDeviceRule.Kind, major: Int64?, minor: Int64?, access: Set<Character>)] = [
        (.character, nil, nil, ["m"]), (.block, nil, nil, ["m"]),
        (.character, 1, 3, all), (.character, 1, 5, all), (.character, 1, 7, all), (.character, 1, 8, all),
        (.character, 1, 9, all), (.character, 5, 0, all), (.character, 5, 1, all), (.character, 5, 2, all),
        (.character, 136, nil, all), (.character, 10, 200, all),
    ]

    private static let all: Set<Character> = ["r", "w", "m"]

    /// The first rule that is none of the usual ones.
    ///
    /// - Parameter rules: The rules, in the bundle's order.
    /// - Returns: Its place; nil where all are usual, or where they permit everything.
    static func firstUnusual(_ rules: [LinuxDeviceRule]) -> Int? {
        if rules.allSatisfy(\.allow), rules.contains(where: \.coversAll) { return nil }
        var deniesAll = false
        for (index, rule) in rules.enumerated() {
            if index == 0, !rule.allow, rule.coversAll {
                deniesAll = true
                continue
            }
            // Denied already, and nothing usual is taken away: Docker adds such a rule, for /dev/fuse.
            if !rule.allow, deniesAll, !usual.contains(where: { rule.meets($0) }) { continue }
            if rule.allow, usual.contains(where: { rule.isWithin($0) }) { continue }
            return index
        }
        return nil
    }
}

extension LinuxDeviceRule {
    fileprivate typealias DeviceSet = (kind: Kind, major: Int64?, minor: Int64?, access: Set<Character>)

    private var accesses: Set<Character> { Set(access ?? "rwm") }

    /// The major number; nil is any, for which engines write -1 too.
    private var onlyMajor: Int64? { major == -1 ? nil : major }
    private var onlyMinor: Int64? { minor == -1 ? nil : minor }

    /// Whether it is about every device and every use.
    fileprivate var coversAll: Bool {
        type ?? .all == .all && onlyMajor == nil && onlyMinor == nil && accesses == ["r", "w", "m"]
    }

    /// Whether it is about nothing but devices and uses of a set.
    fileprivate func isWithin(_ set: DeviceSet) -> Bool {
        type == set.kind && (set.major == nil || onlyMajor == set.major) && (set.minor == nil || onlyMinor == set.minor)
            && accesses.isSubset(of: set.access)
    }

    /// Whether some use of some device of a set is what it is about; to make a node of any kind is not counted, since
    /// every device is in that set.
    fileprivate func meets(_ set: DeviceSet) -> Bool {
        guard set.major != nil, type == set.kind || type ?? .all == .all else { return false }
        func overlap(_ own: Int64?, _ other: Int64?) -> Bool { own == nil || other == nil || own == other }
        return overlap(onlyMajor, set.major) && overlap(onlyMinor, set.minor)
    }
}
