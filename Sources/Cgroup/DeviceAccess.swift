public import OCISpec

/// What a container may do with devices: a bundle's rules in order, of which the last that matches decides.
///
/// Nothing is permitted to begin with, but the default devices, which every container has, and to make nodes of any
/// kind, as engines expect it. Rules come after that and can take it away again; one that is about every device and every
/// use settles all before it, and where it denies, the default devices are permitted anew.
///
/// Source: runtime-spec config-linux.md, Allowed Device list and Default Devices.
public struct DeviceAccess: Equatable, Sendable {
    /// Whether what no rule is about is permitted.
    let permitsOthers: Bool
    /// The rules, the last one first: the first that matches decides.
    let rules: [Rule]

    /// What is done with a device, or a set of it; the bits are those of linux/bpf.h (BPF_DEVCG_ACC_).
    public struct Use: OptionSet, Equatable, Sendable {
        /// The kernel's bits.
        public let rawValue: UInt8

        /// Uses from the kernel's bits.
        ///
        /// - Parameter rawValue: The bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// A node is made.
        public static let making = Use(rawValue: 1)
        /// The device is opened for reading.
        public static let reading = Use(rawValue: 2)
        /// The device is opened for writing.
        public static let writing = Use(rawValue: 4)
        /// Each of them.
        public static let all: Use = [.making, .reading, .writing]
    }

    struct Rule: Equatable {
        let permits: Bool
        let kind: LinuxDeviceRule.Kind
        /// nil is any, here and below.
        let major: UInt32?
        let minor: UInt32?
        let use: Use

        var isAboutEverything: Bool { kind == .all && major == nil && minor == nil && use == .all }

        /// Whether whatever the other is about, this is about too.
        func covers(_ other: Rule) -> Bool {
            (kind == .all || kind == other.kind) && (major == nil || major == other.major)
                && (minor == nil || minor == other.minor) && use.isSuperset(of: other.use)
        }

        func matches(_ device: LinuxDeviceRule.Kind, _ major: UInt32, _ minor: UInt32) -> Bool {
            (kind == .all || kind == device) && (self.major ?? major) == major && (self.minor ?? minor) == minor
        }
    }

    /// What every container may use: null, zero, full, random, urandom, tty, ptmx and the terminals of devpts.
    private static let defaults: [Rule] =
        [Rule(permits: true, kind: .character, major: nil, minor: nil, use: .making)]
        + [Rule(permits: true, kind: .block, major: nil, minor: nil, use: .making)]
        + [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2), (136, nil)].map { major, minor in
            Rule(permits: true, kind: .character, major: major, minor: minor, use: .all)
        }

    /// What a bundle's rules come to.
    ///
    /// - Parameter rules: The rules, in order.
    public init(_ rules: [LinuxDeviceRule]) {
        let all = rules.compactMap(Rule.init)
        let settled = all.lastIndex(where: \.isAboutEverything)
        permitsOthers = settled.map { all[$0].permits } ?? false
        let rest = settled.map { all[($0 + 1)...] } ?? all[...]
        var kept: [Rule] = []
        for rule in ((permitsOthers ? [] : Self.defaults) + rest).reversed()
        where !kept.contains(where: { $0.covers(rule) }) {
            kept.append(rule)
        }
        // At the end of the rules stands what holds without them.
        while let last = kept.last, last.permits == permitsOthers { kept.removeLast() }
        self.rules = kept
    }

    /// Whether every use of every device is permitted.
    public var permitsEverything: Bool { permitsOthers && rules.isEmpty }

    /// Whether a use of a device is permitted; of several uses at once each must be.
    ///
    /// - Parameters:
    ///   - use: What is done.
    ///   - device: Character or block.
    ///   - major: Its number.
    ///   - minor: Its number.
    /// - Returns: Whether it is.
    public func permits(_ use: Use, of device: LinuxDeviceRule.Kind, _ major: UInt32, _ minor: UInt32) -> Bool {
        var open = use
        for rule in rules where rule.matches(device, major, minor) {
            if !rule.permits, !open.isDisjoint(with: rule.use) { return false }
            open.subtract(rule.use)
            if open.isEmpty { return true }
        }
        return permitsOthers
    }
}

extension DeviceAccess.Rule {
    /// A rule of a bundle; nil for one about numbers that no device can have.
    fileprivate init?(_ rule: LinuxDeviceRule) {
        func number(_ value: Int64?, bits: Int64) -> (isPossible: Bool, number: UInt32?) {
            guard let value, value != -1 else { return (true, nil) }
            return (value < 1 << bits, UInt32(truncatingIfNeeded: value))
        }
        // The kernel has 12 bits for the major number and 20 for the minor one (linux/kdev_t.h).
        let (major, minor) = (number(rule.major, bits: 12), number(rule.minor, bits: 20))
        guard major.isPossible, minor.isPossible else { return nil }
        self.init(
            permits: rule.allow, kind: rule.type ?? .all, major: major.number, minor: minor.number, use: rule.use)
    }
}

extension LinuxDeviceRule {
    /// The uses that the rule is about; all where it names none.
    public var use: DeviceAccess.Use {
        guard let access else { return .all }
        var use: DeviceAccess.Use = []
        for letter in access.utf8 {
            switch letter {
            case UInt8(ascii: "m"): use.insert(.making)
            case UInt8(ascii: "r"): use.insert(.reading)
            case UInt8(ascii: "w"): use.insert(.writing)
            default: break  // Refused when the rule was read.
            }
        }
        return use
    }
}
