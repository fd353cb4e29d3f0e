internal import JSON
internal import LinuxSystem
internal import OCISpec

/// Turns a bundle's seccomp section into the kernel's BPF, and keeps the result: libseccomp needs 2 to 40 ms for it.
///
/// A kept result is found by a hash of the section, but taken only if the whole section that it was made from, stored
/// with it, is the same; so a collision can cost time, never safety. The directory belongs to the state root, which
/// nobody else can write.
struct SeccompCompilation {
    private let profile: Seccomp
    private let stateRoot: StateRoot
    private let key: [UInt8]

    init(_ profile: Seccomp, stateRoot: StateRoot) {
        self.profile = profile
        self.stateRoot = stateRoot
        key = Array("agentrt 2, libseccomp \(SeccompFilter.libraryVersion)\n".utf8) + JSONWriter.bytes(profile)
    }

    /// The filter, ready to install.
    func installable() throws(RuntimeError) -> InstallableSeccompFilter {
        let bytes: [UInt8]
        if let kept = kept() {
            bytes = kept
        } else {
            bytes = try compiled()
            keep(bytes)
        }
        guard bytes.count / 8 <= 4096 else {  // BPF_MAXINSNS
            throw RuntimeError("linux.seccomp: the filter has \(bytes.count / 8) instructions, the kernel takes 4096")
        }
        return InstallableSeccompFilter(bytes, flags: flags)
    }

    /// The flags of seccomp(2).
    private var flags: UInt32 {
        // SECCOMP_FILTER_FLAG_NEW_LISTENER; with TSYNC it takes TSYNC_ESRCH, as both would answer by a number.
        let listener: UInt32 = profile.notifies ? 8 | (profile.flags.contains(.tsync) ? 16 : 0) : 0
        return profile.flags.reduce(listener) { bits, flag in
            switch flag {
            case .tsync: bits | 1
            case .log: bits | 2
            case .specAllow: bits | 4
            case .waitKillableRecv: profile.notifies ? bits | 32 : bits  // Only of meaning with a listener.
            }
        }
    }

    // MARK: Compiling

    private func compiled() throws(RuntimeError) -> [UInt8] {
        let defaultAction = action(profile.defaultAction, errno: profile.defaultErrnoRet)
        let filter = try during("linux.seccomp") { try SeccompFilter(defaultAction: defaultAction) }
        for (index, architecture) in profile.architectures.enumerated() {
            let isKnown = try during("linux.seccomp.architectures[\(index)]") {
                try filter.addArchitecture(architecture.libraryName)
            }
            guard isKnown else {
                throw RuntimeError(
                    "linux.seccomp.architectures[\(index)]: \(architecture.rawValue) is unknown to libseccomp")
            }
        }
        for (index, rule) in profile.syscalls.enumerated() {
            let ruleAction = action(rule.action, errno: rule.errnoRet)
            if ruleAction == defaultAction { continue }  // libseccomp refuses a rule that changes nothing.
            for name in rule.names {
                let origin = "linux.seccomp.syscalls[\(index)]"
                guard SeccompFilter.knows(systemCall: name) else {
                    if leavesUnknownDenied(rule.action) { continue }
                    throw RuntimeError("\(origin): unknown system call \(quoted(name))")
                }
                for conditions in alternatives(rule.args) {
                    try during(origin) { try filter.addRule(ruleAction, systemCall: name, when: conditions) }
                }
            }
        }
        let rules: [UInt8]
        do throws(SystemCallError) {
            rules = try filter.compiled()
        } catch  where error.errno == .notImplemented || error.errno == .notPermitted {
            throw RuntimeError(
                "linux.seccomp: \(error): a seccomp filter around refuses files in memory, as a sandbox of agentrt does, "
                    + "which makes none in itself: start this one outside of it")
        } catch {
            throw RuntimeError("linux.seccomp: \(error)")
        }
        return answerToNewCalls() + rules
    }

    /// What stands in front of the rules: nothing where the default action permits, or already answers so.
    private func answerToNewCalls() -> [UInt8] {
        switch profile.defaultAction {
        case .allow, .log, .trace, .notify: return []
        case .errno where profile.defaultErrnoRet == 38: return []
        case .errno, .kill, .killProcess, .killThread, .trap: break
        }
        let others = profile.architectures.compactMap { SeccompNumbers(architecture: $0.libraryName) }
        return SeccompNewCalls.instructions(
            SeccompNewCalls.highest(of: profile.syscalls.flatMap(\.names), on: [.native] + others))
    }

    /// Whether a rule for a call that libseccomp does not know can be left out without permitting more: engines name
    /// calls newer than the library, mostly to allow them.
    private func leavesUnknownDenied(_ ruleAction: SeccompAction) -> Bool {
        func permits(_ action: SeccompAction) -> Bool { action == .allow || action == .log }
        return permits(ruleAction) || !permits(profile.defaultAction)
    }

    /// All conditions of a rule must hold; but libseccomp takes one condition an argument, and so, as the engines have
    /// it, a rule with several for one argument means any of them.
    private func alternatives(_ arguments: [SeccompArgument]) -> [[SeccompFilter.ArgumentCondition]] {
        let conditions = arguments.map { argument in
            SeccompFilter.ArgumentCondition(
                index: argument.index, comparison(argument.op), value: argument.value, secondValue: argument.valueTwo)
        }
        let isUnique = Set(conditions.map(\.index)).count == conditions.count
        return isUnique ? [conditions] : conditions.map { [$0] }
    }

    private func action(_ action: SeccompAction, errno: UInt32?) -> SeccompFilter.Action {
        switch action {
        case .kill, .killThread: .killThread
        case .killProcess: .killProcess
        case .trap: .trap
        case .errno: .fail(errno ?? 1)  // EPERM
        case .trace: .trace(errno ?? 1)
        case .log: .log
        case .allow: .allow
        case .notify: .notify
        }
    }

    private func comparison(_ op: SeccompOperator) -> SeccompFilter.Comparison {
        switch op {
        case .notEqual: .notEqual
        case .lessThan: .less
        case .lessOrEqual: .lessOrEqual
        case .equal: .equal
        case .greaterOrEqual: .greaterOrEqual
        case .greaterThan: .greater
        case .maskedEqual: .maskedEqual
        }
    }

    // MARK: Keeping

    private var fileName: String { nameHash(of: key) }

    /// The kept filter: the file holds the key's length in eight digits, the key, and the filter.
    private func kept() -> [UInt8]? {
        // A cache that cannot be read is a cache that is empty: the filter is compiled, nothing is skipped.
        guard let bytes = try? readFile(stateRoot.path + "/.cache/seccomp/" + fileName),
            isOwn(), bytes.count > 8 + key.count,
            bytes.prefix(8).elementsEqual(lengthField), bytes.dropFirst(8).prefix(key.count).elementsEqual(key)
        else { return nil }
        let filter = Array(bytes.dropFirst(8 + key.count))
        return filter.count % 8 == 0 ? filter : nil
    }

    /// Whether the state root belongs to this user alone; below it nobody else could have written.
    private func isOwn() -> Bool {
        guard let status = try? fileStatus(stateRoot.path, followsLink: false) else { return false }
        return status.kind == .directory && status.uid == effectiveUserID() && status.permissions & 0o022 == 0
    }

    private func keep(_ filter: [UInt8]) {
        // As above: a cache that cannot be written costs time only.
        do {
            guard let directory = try stateRoot.openCache("seccomp") else { return }
            let temporary = fileName + ".\(currentProcessID())"
            let file = try directory.open(temporary, [.writeOnly, .create, .truncate], mode: 0o600)
            try file.write(lengthField + key + filter)
            try directory.rename(temporary, to: fileName)
        } catch {
            return
        }
    }

    private var lengthField: [UInt8] {
        let digits = String(key.count)
        return Array((String(repeating: "0", count: max(0, 8 - digits.count)) + digits).utf8)
    }
}

extension Seccomp {
    /// Whether any call is a supervisor's to decide.
    var notifies: Bool { defaultAction == .notify || syscalls.contains { $0.action == .notify } }
}

extension SeccompArchitecture {
    /// What libseccomp calls it.
    var libraryName: String { rawValue.dropFirst("SCMP_ARCH_".count).lowercased() }
}
