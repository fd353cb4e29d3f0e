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

    /// Whether there is anything to put in force. A group that was there before may have rules of another container; a
    /// user's are passed over, once ``checkRights()`` has passed.
    func areDue(on cgroup: Cgroup?) -> Bool {
        areGiven && effectiveUserID() == 0 && (!access.permitsEverything || cgroup?.isNew == false)
    }

    /// Whether none of the rules keeps init from making the container's own nodes, so that they may be in force before.
    var permitInitsWork: Bool { firstUnusual == nil }

    /// Refuses, before anything is made, what a user cannot have held.
    ///
    /// - Throws: ``RuntimeError`` with the JSON path.
    func checkRights() throws(RuntimeError) {
        if effectiveUserID() != 0, firstUnusual != nil { throw lackOfRights }
    }

    /// Rules that the kernel has checked, for a group.
    struct Prepared {
        fileprivate let program: DeviceAccess.Program
        fileprivate let cgroup: Cgroup
        fileprivate let origin: String

        /// Puts the rules in force, in place of those that the group had.
        func enforce() throws(RuntimeError) {
            try during(origin) { try cgroup.setDeviceAccess(program) }
        }
    }

    /// Has the kernel check the rules.
    ///
    /// - Parameter cgroup: The container's control group.
    /// - Returns: The rules, to put in force; nil where there are none, or they may be passed over.
    /// - Throws: ``RuntimeError`` with the JSON path where they cannot be held.
    func prepared(for cgroup: Cgroup?) throws(RuntimeError) -> Prepared? {
        guard areDue(on: cgroup) else { return nil }
        guard let cgroup else {
            if try mayBePassedOver() { return nil }
            throw RuntimeError("\(origin): the container has no control group of version 2, which would hold the rules")
        }
        do throws(CgroupError) {
            return Prepared(program: try access.load(), cgroup: cgroup, origin: origin)
        } catch  where error.isLackOfRights {
            guard try mayBePassedOver() else { throw lackOfRights }
            return nil
        } catch {
            throw RuntimeError("\(origin): \(error)")
        }
    }

    private func mayBePassedOver() throws(RuntimeError) -> Bool {
        guard firstUnusual == nil else { return false }
        return try during("user namespace") { try !hasAllUserIDs() }
    }

    private var lackOfRights: RuntimeError {
        RuntimeError(
            "\(origin)\(firstUnusual.map { "[\($0)]" } ?? ""): only the host's root can have rules for devices held "
                + "(bpf(2), CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN)")
    }

    /// A set of devices that engines permit after they have denied all: those of the default /dev, and to make any
    /// node (`runc spec`, containerd, Podman, Docker).
    private static let usual: [(kind: LinuxDeviceRule.Kind, major: Int64?, minor: Int64?, use: DeviceAccess.Use)] = [
        (.character, nil, nil, .making), (.block, nil, nil, .making),
        (.character, 1, 3, .all), (.character, 1, 5, .all), (.character, 1, 7, .all), (.character, 1, 8, .all),
        (.character, 1, 9, .all), (.character, 5, 0, .all), (.character, 5, 1, .all), (.character, 5, 2, .all),
        (.character, 136, nil, .all), (.character, 10, 200, .all),
    ]

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
    fileprivate typealias DeviceSet = (kind: Kind, major: Int64?, minor: Int64?, use: DeviceAccess.Use)

    /// The major number; nil is any, for which engines write -1 too.
    private var onlyMajor: Int64? { major == -1 ? nil : major }
    private var onlyMinor: Int64? { minor == -1 ? nil : minor }

    /// Whether it is about every device and every use.
    fileprivate var coversAll: Bool {
        type ?? .all == .all && onlyMajor == nil && onlyMinor == nil && use == .all
    }

    /// Whether it is about nothing but devices and uses of a set.
    fileprivate func isWithin(_ set: DeviceSet) -> Bool {
        type == set.kind && (set.major == nil || onlyMajor == set.major) && (set.minor == nil || onlyMinor == set.minor)
            && use.isSubset(of: set.use)
    }

    /// Whether some use of some device of a set is what it is about; to make a node of any kind is not counted, since
    /// every device is in that set.
    fileprivate func meets(_ set: DeviceSet) -> Bool {
        guard set.major != nil, type == set.kind || type ?? .all == .all else { return false }
        func overlap(_ own: Int64?, _ other: Int64?) -> Bool { own == nil || other == nil || own == other }
        return overlap(onlyMajor, set.major) && overlap(onlyMinor, set.minor)
    }
}
