internal import CCapability
internal import CLinux
internal import Glibc

/// A set of capabilities (capabilities(7)).
public struct CapabilitySet: OptionSet, Hashable, Sendable {
    /// Bit N is capability number N.
    public let rawValue: UInt64

    /// A set from its bits.
    ///
    /// - Parameter rawValue: The bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The set of one capability, by name; nil for a name that libcap does not know.
    ///
    /// - Parameter name: Such as `CAP_NET_ADMIN`.
    public init?(name: String) {
        var number: cap_value_t = 0
        // libcap takes names in any case, and numbers; the OCI spec has upper-case names only.
        guard name.hasPrefix("CAP_"), name == name.uppercased(), cap_from_name(name.lowercased(), &number) == 0 else {
            return nil
        }
        self.init(rawValue: 1 << UInt64(number))
    }

    /// The names that ``init(name:)`` knows of the set's capabilities, by their numbers.
    public var names: [String] {
        numbers.compactMap { number in
            guard let text = cap_to_name(cap_value_t(number)) else { return nil }
            defer { cap_free(text) }
            let name = String(cString: text).uppercased()
            // libcap writes a number where it has no name.
            return CapabilitySet(name: name) == nil ? nil : name
        }
    }

    /// CAP_SYS_ADMIN.
    public static let systemAdministration = CapabilitySet(rawValue: 1 << 21)
    /// CAP_SETPCAP.
    public static let setCapabilities = CapabilitySet(rawValue: 1 << 8)

    /// The numbers of the capabilities in the set, ascending.
    var numbers: [Int] { (0..<64).filter { rawValue & (1 << UInt64($0)) != 0 } }
}

/// The capability sets of this process. libcap's cap_set_proc(3) spreads over threads; this process has one, so the
/// kernel is asked directly for what libcap has no plain call for.
public enum ProcessCapabilities {
    /// Keeps the permitted set while the user id changes from 0 (prctl(2), PR_SET_KEEPCAPS).
    ///
    /// - Throws: ``SystemCallError``.
    public static func keepOverUserChange() throws(SystemCallError) {
        try systemCall("prctl", LINUX_SYS_prctl, 8, 1, object: "PR_SET_KEEPCAPS")
    }

    /// What the kernel knows, by the highest capability's number.
    ///
    /// - Returns: All capabilities of this kernel.
    /// - Throws: ``SystemCallError``.
    public static func knownToKernel() throws(SystemCallError) -> CapabilitySet {
        var number = 40
        while true {  // PR_CAPBSET_READ answers EINVAL from the first unknown number on
            do throws(SystemCallError) {
                try systemCall("prctl", LINUX_SYS_prctl, 23, number)
            } catch  where error.errno == .invalidArgument {
                break
            }
            number += 1
        }
        return CapabilitySet(rawValue: (1 << UInt64(number)) - 1)
    }

    /// The capabilities in force in this process.
    ///
    /// - Returns: The effective set.
    /// - Throws: ``SystemCallError``.
    public static func effective() throws(SystemCallError) -> CapabilitySet {
        var header: (version: UInt32, pid: Int32) = (0x2008_0522, 0)
        var data = [UInt32](repeating: 0, count: 6)
        let result = data.withUnsafeMutableBytes { data in
            withUnsafeMutablePointer(to: &header) { header in
                linux_syscall(Int(LINUX_SYS_capget), word(header), word(data.baseAddress), 0, 0, 0, 0)
            }
        }
        try checked("capget") { result }
        return CapabilitySet(rawValue: UInt64(data[0]) | UInt64(data[3]) << 32)
    }

    /// Takes capabilities out of the bounding set, for good (prctl(2), PR_CAPBSET_DROP).
    ///
    /// - Parameter kept: What stays.
    /// - Throws: ``SystemCallError`` naming the capability.
    public static func limitBounding(to kept: CapabilitySet) throws(SystemCallError) {
        for number in 0..<64 where kept.rawValue & (1 << UInt64(number)) == 0 {
            let result = linux_syscall(Int(LINUX_SYS_prctl), 24, number, 0, 0, 0, 0)
            // From the first number on that the kernel does not know there is nothing to drop.
            if result == Int(-EINVAL) { return }
            try checked("prctl", object: "PR_CAPBSET_DROP \(number)") { result }
        }
    }

    /// Sets the three sets of capset(2).
    ///
    /// - Parameters:
    ///   - effective: Capabilities in force.
    ///   - permitted: Capabilities that can be put in force.
    ///   - inheritable: Capabilities that an exec of a file with inheritable ones keeps.
    /// - Throws: ``SystemCallError``.
    public static func set(
        effective: CapabilitySet, permitted: CapabilitySet, inheritable: CapabilitySet
    ) throws(SystemCallError) {
        guard let state = cap_init() else { throw SystemCallError(call: "cap_init", errno: .invalidArgument) }
        defer { cap_free(UnsafeMutableRawPointer(state)) }
        for (set, flag) in [(effective, CAP_EFFECTIVE), (permitted, CAP_PERMITTED), (inheritable, CAP_INHERITABLE)] {
            let numbers = set.numbers.map { cap_value_t($0) }
            if numbers.isEmpty { continue }
            if cap_set_flag(state, flag, Int32(numbers.count), numbers, CAP_SET) == -1 {
                throw SystemCallError(call: "cap_set_flag", errno: .invalidArgument)
            }
        }
        if cap_set_proc(state) == -1 {
            throw SystemCallError(call: "capset", errno: .notPermitted)
        }
    }

    /// Makes the ambient set exactly this (prctl(2), PR_CAP_AMBIENT).
    ///
    /// - Parameter set: Each must be permitted and inheritable.
    /// - Throws: ``SystemCallError`` naming the capability.
    public static func setAmbient(_ set: CapabilitySet) throws(SystemCallError) {
        try systemCall("prctl", LINUX_SYS_prctl, 47, 4, object: "PR_CAP_AMBIENT_CLEAR_ALL")
        for number in set.numbers {
            try systemCall("prctl", LINUX_SYS_prctl, 47, 2, number, object: "PR_CAP_AMBIENT_RAISE \(number)")
        }
    }
}
