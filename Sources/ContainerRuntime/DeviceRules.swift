internal import OCISpec

/// Which rules on devices (`linux.resources.devices`) are taken: those that every engine writes, and no others.
///
/// Rules are not enforced yet. What all engines write is taken, so that their bundles run; that it is not enforced is
/// said in SECURITY.md. A rule that somebody has thought about is refused, as every other limit is.
enum DeviceRules {
    /// A set of devices that engines permit after they have denied all: those of the default /dev, and to make any
    /// node (`runc spec`, containerd, Podman, Docker).
    private static let usual: [(kind: LinuxDeviceRule.Kind, major: Int64?, minor: Int64?, access: Set<Character>)] = [
        (.character, nil, nil, ["m"]), (.block, nil, nil, ["m"]),
        (.character, 1, 3, all), (.character, 1, 5, all), (.character, 1, 7, all), (.character, 1, 8, all),
        (.character, 1, 9, all), (.character, 5, 0, all), (.character, 5, 1, all), (.character, 5, 2, all),
        (.character, 136, nil, all), (.character, 10, 200, all),
    ]

    private static let all: Set<Character> = ["r", "w", "m"]

    /// Refuses a rule that is none of the usual ones.
    ///
    /// - Parameter rules: The rules, in the bundle's order.
    /// - Throws: ``RuntimeError`` with the JSON path.
    static func refuseUnusual(_ rules: [LinuxDeviceRule]) throws(RuntimeError) {
        var deniesAll = false
        for (index, rule) in rules.enumerated() {
            if index == 0, !rule.allow, rule.coversAll {
                deniesAll = true
                continue
            }
            // Denied already, and nothing usual is taken away: Docker adds such a rule, for /dev/fuse.
            if !rule.allow, deniesAll, !usual.contains(where: { rule.meets($0) }) { continue }
            if rule.allow, usual.contains(where: { rule.isWithin($0) }) { continue }
            throw RuntimeError(
                "linux.resources.devices[\(index)]: a rule beside the usual ones (deny all, permit the default devices)"
                    + " is not supported yet")
        }
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
