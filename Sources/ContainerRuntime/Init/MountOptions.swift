internal import LinuxSystem
internal import OCISpec

/// What the options of a mount ask for, sorted by who carries them out.
///
/// Source: runtime-spec config.md, Linux mount options; mount(8).
struct MountOptions: Equatable {
    /// Whether an existing tree is bound: `bind`, or `rbind` with the mounts below it.
    var isBind = false
    var bindsRecursively = false
    /// Whether an existing mount is changed.
    var isRemount = false
    /// Whether a new tmpfs begins with what it covers.
    var copiesUp = false
    /// Whether owners are shown through id maps, of this mount (`idmap`) or of those below it too (`ridmap`).
    var isIDMapped = false
    var isIDMappedRecursively = false
    /// Whether a source that is a link is made anew as a link (`copy-symlink`).
    var copiesLink = false
    /// Whether a source or destination that is a link is meant itself, not what it leads to.
    var keepsSourceLink = false
    var keepsDestinationLink = false
    /// What the mount forbids, and what it is told to permit.
    var setting: MountAttributes = []
    var clearing: MountAttributes = []
    /// The same for the mounts below it too (`rro`, `rnosuid`…).
    var settingRecursively: MountAttributes = []
    var clearingRecursively: MountAttributes = []
    /// How it propagates, in the order asked for.
    var propagation: [Propagation] = []
    /// The file system's own options, in order.
    var data: [Data] = []

    struct Propagation: Equatable {
        let kind: LinuxSystem.MountPropagation
        let isRecursive: Bool
    }

    struct Data: Equatable {
        /// Its place among the mount's options.
        let index: Int
        let key: String
        let value: String?
    }

    /// Sorts the options of a mount.
    ///
    /// - Throws: `RuntimeError` naming an option that says nothing here.
    init(_ options: [String]) throws(RuntimeError) {
        for (index, option) in options.enumerated() {
            guard !apply(option, index) else { continue }
            if option.hasPrefix("idmap=") || option.hasPrefix("ridmap=") {
                throw RuntimeError(
                    "options[\(index)]: \(quoted(option)): mappings go into uidMappings and gidMappings")
            }
            guard !option.isEmpty else { throw RuntimeError("options[\(index)]: is empty") }
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            data.append(Data(index: index, key: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : nil))
        }
    }

    // Tables are arrays and looked through: the first use of a Dictionary or Set of a type makes Swift's runtime search all
    // protocol conformances of the program, which costs a start more than all its options.

    /// Options that are words of their own; those of mounts and of propagation are in tables below.
    private enum Word: String, CaseIterable {
        case bind, rbind, remount, tmpcopyup, idmap, ridmap
        case copySymlink = "copy-symlink"
        case srcNoFollow = "src-nofollow"
        case destNoFollow = "dest-nofollow"
        // Of the file system as a whole, not of the mount.
        case sync, async, dirsync, mand, nomand, lazytime, nolazytime
        // Without effect in the kernels that agentrt runs on: file systems decide these themselves.
        case defaults, norelatime, nostrictatime, rnorelatime, rnostrictatime, silent, loud, iversion, noiversion

        /// Looked through: `init(rawValue:)` of an enumeration of this size makes a Dictionary first.
        init?(_ option: String) {
            for word in Self.allCases where word.rawValue == option {
                self = word
                return
            }
            return nil
        }
    }

    /// All options that are understood, those of particular file systems aside; sorted.
    static var known: [String] {
        let tables = attributes.map(\.name) + propagations.map(\.name)
        return (Word.allCases.map(\.rawValue) + tables + tables.map { "r" + $0 }).sorted()
    }

    private mutating func apply(_ option: String, _ index: Int) -> Bool {
        // A file system's own, as most that are none of the attributes.
        if option.utf8.contains(UInt8(ascii: "=")) { return false }
        if applyAttribute(option, isRecursive: false) { return true }
        switch Word(option) {
        case .defaults, .norelatime, .nostrictatime, .rnorelatime, .rnostrictatime, .silent, .loud, .iversion,
            .noiversion:
            return true
        case .bind: isBind = true
        case .rbind:
            isBind = true
            bindsRecursively = true
        case .remount: isRemount = true
        case .tmpcopyup: copiesUp = true
        case .idmap: isIDMapped = true
        case .ridmap: (isIDMapped, isIDMappedRecursively) = (true, true)
        case .copySymlink: copiesLink = true
        case .srcNoFollow: keepsSourceLink = true
        case .destNoFollow: keepsDestinationLink = true
        case .sync, .dirsync, .mand, .lazytime: data.append(Data(index: index, key: option, value: nil))
        case .async: data.removeAll { $0.key == "sync" }
        case .nomand: data.removeAll { $0.key == "mand" }
        case .nolazytime: data.removeAll { $0.key == "lazytime" }
        case nil:
            return option.utf8.first == UInt8(ascii: "r")
                && applyAttribute(String(option.dropFirst()), isRecursive: true)
        }
        return true
    }

    /// Applies what is in the tables; `isRecursive` where an `r` stood before the name.
    private mutating func applyAttribute(_ name: String, isRecursive: Bool) -> Bool {
        for attribute in Self.attributes where attribute.name == name {
            set(attribute.effect, isRecursive: isRecursive)
            return true
        }
        for kind in Self.propagations where kind.name == name {
            propagation.append(Propagation(kind: kind.kind, isRecursive: isRecursive))
            return true
        }
        return false
    }

    private enum Effect {
        case sets(MountAttributes)
        case clears(MountAttributes)
        /// One value of the access-time field, which is cleared first.
        case accessTime(MountAttributes)
    }

    private static let attributes: [(name: String, effect: Effect)] = [
        ("nosuid", .sets(.noSetUserID)), ("nodev", .sets(.noDevices)), ("noexec", .sets(.noExecution)),
        ("ro", .sets(.readOnly)), ("rw", .clears(.readOnly)),
        ("suid", .clears(.noSetUserID)), ("dev", .clears(.noDevices)), ("exec", .clears(.noExecution)),
        ("nosymfollow", .sets(.noSymlinkFollowing)), ("symfollow", .clears(.noSymlinkFollowing)),
        ("nodiratime", .sets(.noDirectoryAccessTime)), ("diratime", .clears(.noDirectoryAccessTime)),
        ("noatime", .accessTime(.noAccessTime)), ("strictatime", .accessTime(.strictAccessTime)),
        ("relatime", .accessTime([])), ("atime", .accessTime([])),
    ]

    private static let propagations: [(name: String, kind: LinuxSystem.MountPropagation)] = [
        ("shared", .shared), ("slave", .slave), ("private", .isolated), ("unbindable", .unbindable),
    ]

    /// The last of two contradicting options wins.
    private mutating func set(_ effect: Effect, isRecursive: Bool) {
        let (set, clear): (MountAttributes, MountAttributes) =
            switch effect {
            case .sets(let attribute): (attribute, [])
            case .clears(let attribute): ([], attribute)
            case .accessTime(let value): (value, .accessTimeField)
            }
        func merge(_ setting: inout MountAttributes, _ clearing: inout MountAttributes) {
            setting.subtract(clear)
            if clear == .accessTimeField { clearing.formUnion(clear) } else { clearing.subtract(set) }
            setting.formUnion(set)
            clearing.formUnion(clear)
        }
        if isRecursive {
            merge(&settingRecursively, &clearingRecursively)
        } else {
            merge(&setting, &clearing)
        }
    }
}
