internal import LinuxSystem
public import OCISpec

extension Cgroup {
    /// What limits come to for a group that has some already: they are laid over those.
    ///
    /// - Parameter resources: The new limits, validated; what is left out stays.
    /// - Returns: The settings.
    /// - Throws: ``CgroupError`` with the JSON path for what cgroup v2 cannot do, or what is in use already.
    public func settings(for resources: LinuxResources) throws(CgroupError) -> ControlSettings {
        var resources = resources
        if let swap = resources.memory?.swap, swap > 0, (resources.memory?.limit ?? 0) == 0 {
            // Memory and swap together are told; the group counts them apart.
            resources.memory?.limit = try value(of: "memory.max").flatMap { Int64($0) }
        }
        if let period = resources.cpu?.period, period != 0, (resources.cpu?.quota ?? 0) == 0 {
            // A period alone would end the quota.
            resources.cpu?.quota = try value(of: "cpu.max")?.split(separator: " ").first.flatMap { Int64($0) }
        }
        if let cpu = resources.cpu, cpu.quota != nil || cpu.burst != nil {
            let quota = try value(of: "cpu.max")?.split(separator: " ").first
            let burst = try value(of: "cpu.max.burst") ?? ""
            try CPUBurst(quota: quota.flatMap { UInt64($0) }, burst: UInt64(burst) ?? 0).check(changeTo: cpu)
        }
        if resources.memory?.checkBeforeUpdate == true, let limit = resources.memory?.limit, limit > 0,
            let usage = try value(of: "memory.current").flatMap({ Int64($0) }), usage > limit
        {
            throw CgroupError("linux.resources.memory.limit: \(limit) is less than the \(usage) bytes in use")
        }
        return try ControlSettings(resources)
    }

    /// Changes the limits of a group with processes in it: all of them, or none.
    ///
    /// - Parameter settings: The new limits.
    /// - Throws: ``CgroupError`` with the place of the one that cannot be set; all are as they were.
    public func change(to settings: ControlSettings) throws(CgroupError) {
        var undo: [ControlSetting] = []
        do throws(CgroupError) {
            try writeInTurn(settings.settings) { setting throws(CgroupError) in
                let before = try restoring(setting)
                try Self.write(setting, into: directory.descriptor)
                if let before { undo.append(before) }
            }
        } catch {
            // The way back goes through what was there before, from the last step on.
            for earlier in undo.reversed() { try Self.write(earlier, into: directory.descriptor) }
            throw error
        }
    }

    /// What makes settings undone: the values that their files have now.
    ///
    /// - Parameter settings: The settings.
    /// - Returns: The values, for ``restore(_:)``.
    /// - Throws: ``CgroupError``.
    public func values(before settings: ControlSettings) throws(CgroupError) -> [ControlSetting] {
        var values: [ControlSetting] = []
        for setting in settings.settings.reversed() {
            if let value = try restoring(setting) { values.append(value) }
        }
        return values
    }

    /// Writes values again.
    ///
    /// - Parameter values: What ``values(before:)`` gave.
    /// - Throws: ``CgroupError``.
    public func restore(_ values: [ControlSetting]) throws(CgroupError) {
        try writeInTurn(values) { value throws(CgroupError) in try Self.write(value, into: directory.descriptor) }
    }

    /// The first line of one of the group's files; nil where the group has none of that name.
    private func value(of file: String) throws(CgroupError) -> String? {
        try lines(of: file)?.first
    }

    private func lines(of file: String) throws(CgroupError) -> [String]? {
        do throws(SystemCallError) {
            let text = try directory.descriptor.open(file, .readOnly).readAll(limit: 1 << 20)
            return text.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        } catch  where error.errno == .noSuchFile {
            return nil
        } catch {
            throw CgroupError(error)
        }
    }

    /// What makes a setting undone: the value that its file has now; nil where the kernel has no such file.
    private func restoring(_ setting: ControlSetting) throws(CgroupError) -> ControlSetting? {
        var (file, value) = (setting.file, setting.value)
        var now = try lines(of: file)
        if now == nil, let alternative = setting.alternative {
            (file, value) = (alternative.file, alternative.value)
            now = try lines(of: file)
        }
        guard let now else { return nil }
        let origin = setting.origin + " (as it was)"
        guard file.hasPrefix("io."), let device = value.split(separator: " ").first else {
            return ControlSetting(file, now.first ?? "\n", origin: origin)
        }
        // A line a device; one that is not there has no limits.
        if let line = now.first(where: { $0.hasPrefix(device + " ") }) {
            return ControlSetting(file, line, origin: origin)
        }
        let none = file == "io.max" ? " rbps=max wbps=max riops=max wiops=max" : " default"
        return ControlSetting(file, device + none, origin: origin)
    }
}
