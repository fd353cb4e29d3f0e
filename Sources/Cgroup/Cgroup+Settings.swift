internal import LinuxSystem

extension Cgroup {
    /// Writes limits into the group.
    ///
    /// - Parameter settings: The limits.
    /// - Throws: ``CgroupError`` with the place in the bundle of the one that cannot be set; others are set.
    public func apply(_ settings: ControlSettings) throws(CgroupError) {
        try writeInTurn(settings.settings) { setting throws(CgroupError) in
            try Self.write(setting, into: directory.descriptor)
        }
    }

    /// Sets the limits of a group that several calls share: the first sets them, the others find them set.
    ///
    /// - Parameters:
    ///   - settings: The limits.
    ///   - directory: The group's directory.
    ///   - place: Its path in the file system.
    /// - Throws: ``CgroupError`` where processes live there already under other limits.
    static func share(
        _ settings: ControlSettings, in directory: borrowing FileDescriptor, _ place: String
    ) throws(CgroupError) {
        // Two first calls at once: one waits for the other.
        let lock = try attempt { () throws(SystemCallError) in
            let lock = try directory.open(".", [.readOnly, .directory])
            try lock.lock()
            return lock
        }
        for setting in settings.settings where try !isSet(setting, in: lock) {
            let events = try attempt { () throws(SystemCallError) in
                try lock.open("cgroup.events", .readOnly).readAll(limit: 4096)
            }
            if events.split(separator: UInt8(ascii: "\n")).contains(where: { $0.elementsEqual("populated 1".utf8) }) {
                throw CgroupError(
                    "\(setting.origin): the session \(quoted(place)) runs under another \(setting.file); "
                        + "end it, or take another --session")
            }
            try write(setting, into: lock)
        }
    }

    private static func isSet(
        _ setting: ControlSetting, in directory: borrowing FileDescriptor
    ) throws(CgroupError) -> Bool {
        let text: [UInt8]
        do throws(SystemCallError) {
            text = try directory.open(setting.file, .readOnly).readAll(limit: 4096)
        } catch  where error.errno == .noSuchFile {
            return false  // Writing it says what is wrong.
        } catch {
            throw CgroupError(error)
        }
        let value = String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        if value == setting.value { return true }
        // The kernel keeps bytes of memory in whole pages, of at most 64 KiB.
        guard setting.controller == "memory", let kept = UInt64(value), let wanted = UInt64(setting.value) else {
            return false
        }
        return kept <= wanted && wanted - kept < 65_536
    }

    /// Writes one value.
    static func write(
        _ setting: ControlSetting, into directory: borrowing FileDescriptor
    ) throws(CgroupError) {
        do throws(SystemCallError) {
            try directory.open(setting.file, .writeOnly).write(setting.value)
        } catch {
            if error.errno == .noSuchFile, let alternative = setting.alternative {
                let other = ControlSetting(alternative.file, alternative.value, origin: setting.origin)
                return try write(other, into: directory)
            }
            try checkPresence(of: directory)
            throw refusal(of: setting, error)
        }
    }

    /// Tells a group that was removed meanwhile from one that lacks a file.
    private static func checkPresence(of directory: borrowing FileDescriptor) throws(CgroupError) {
        try attempt { () throws(SystemCallError) in _ = try directory.open("cgroup.procs", .path) }
    }

    private static func refusal(of setting: ControlSetting, _ error: SystemCallError) -> CgroupError {
        if error.errno == .noSuchFile {
            let reason = "this kernel has no \(setting.file) (\(error.errno))"
            return CgroupError(
                setting.origin, lack: CgroupError.Lack(means: .file(setting.file), reason: reason))
        }
        let why =
            switch error.errno {
            case .invalidArgument, .outOfRange: "the kernel refuses \(quoted(setting.value)) for \(setting.file)"
            case .noDevice:
                "there is no such \(setting.controller == "io" ? "block device" : "device"), for \(setting.file): "
                    + quoted(setting.value)
            case .busy: "\(quoted(setting.value)) for \(setting.file) is less than what is in use"
            default: "\(setting.file): \(error.errno)"
            }
        return CgroupError(
            "\(setting.origin): \(why)", errno: error.errno == .invalidArgument ? .invalidArgument : nil)
    }
}
