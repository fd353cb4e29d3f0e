public import JSON

extension Spec {
    /// Checks what the types cannot say: the rules of config.md and config-linux.md that need no look at the host.
    ///
    /// - Throws: ``JSONDecodingError`` with the path of the first value that breaks a rule.
    public func validate() throws(JSONDecodingError) {
        try checkVersion("ociVersion", ociVersion)
        if linux == nil, let platform = foreignPlatforms.first {
            throw refusal(platform.rawValue, "the configuration is not for Linux")
        }
        guard let root else { throw refusal("root", "is missing") }
        try root.validate(as: "root")
        try process?.validate(as: "process")
        try validateName("hostname", hostname)
        try validateName("domainname", domainname)
        try mounts.validate(as: "mounts")
        try validateMappedMounts()
        if !hooks.isEmpty { try hooks.validate(as: "hooks") }
        try checkTable("annotations", annotations)
        try linux?.validate(as: "linux")
        try validateDomainName()
    }

    /// The process, which may be absent until the container is started (config.md, Process).
    ///
    /// - Returns: The process, with something to run.
    /// - Throws: ``JSONDecodingError`` where it is missing.
    public func requiredProcess() throws(JSONDecodingError) -> Process {
        guard let process else { throw refusal("process", "is missing") }
        return process
    }

    /// Host and domain name: without an own namespace they would rename the host.
    private func validateName(_ key: String, _ name: String?) throws(JSONDecodingError) {
        guard let name else { return }
        try checkText(key, name)
        if name.utf8.count > 64 { throw refusal(key, "is longer than 64 bytes") }
        if !hasNamespace(.uts) { throw refusal(key, "needs a uts namespace") }
    }

    /// The domain name may also stand among the kernel parameters, but not another one.
    private func validateDomainName() throws(JSONDecodingError) {
        guard let domainname, let sysctl = linux?.sysctl else { return }
        for (name, value) in sysctl where value != domainname && Linux.sysctlPath(name) == "kernel/domainname" {
            throw refusal("linux.sysctl.\(name)", "is not what \"domainname\" says")
        }
    }

    /// A mount that takes its id mappings from the user namespace needs one.
    private func validateMappedMounts() throws(JSONDecodingError) {
        for (index, mount) in mounts.enumerated() where mount.uidMappings.isEmpty && !hasNamespace(.user) {
            for option in mount.options where option == "idmap" || option == "ridmap" {
                throw refusal("mounts[\(index)].options", "\(option) needs uidMappings or a user namespace")
            }
        }
    }

    private func hasNamespace(_ type: LinuxNamespace.Kind) -> Bool { linux?.hasNamespace(type) ?? false }
}

extension Root: Validatable {
    func validate() throws(JSONDecodingError) {
        try checkText("path", path)
        if path.isEmpty { throw refusal("path", "is empty") }
    }
}

extension Mount: Validatable {
    /// Whether this is a bind mount: by its options, or by a type of that name, which the specification does not know
    /// but older configurations use.
    public var isBind: Bool { options.contains("bind") || options.contains("rbind") || type == "bind" }

    func validate() throws(JSONDecodingError) {
        try checkText("destination", destination)
        if destination.isEmpty { throw refusal("destination", "is empty") }
        try checkText("type", type)
        try checkText("source", source)
        try checkTexts("options", options)
        if isBind {
            if source == nil, !isRemount { throw refusal("source", "is missing, though this is a bind mount") }
        } else if type == nil, !isRemount {
            throw refusal("type", "is missing, though the options hold neither bind nor rbind")
        }
        if uidMappings.isEmpty != gidMappings.isEmpty {
            throw refusal(uidMappings.isEmpty ? "uidMappings" : "gidMappings", "is missing beside its counterpart")
        }
        try uidMappings.validateMappings(as: "uidMappings")
        try gidMappings.validateMappings(as: "gidMappings")
    }

    private var isRemount: Bool { options.contains("remount") }
}

extension Array where Element == IDMapping {
    /// Checks the ranges: none empty, none beyond the ids there are, none overlapping (user_namespaces(7)).
    func validateMappings(as key: String) throws(JSONDecodingError) {
        for (index, range) in enumerated() {
            if range.size == 0 { throw refusal("\(key)[\(index)].size", "is 0") }
            // The last id, 4294967295, means "none" to the kernel.
            if range.insideEnd > UInt64(UInt32.max) || range.outsideEnd > UInt64(UInt32.max) {
                throw refusal("\(key)[\(index)]", "reaches beyond the highest id, \(UInt32.max - 1)")
            }
            for (earlierIndex, earlier) in self[..<index].enumerated() where range.overlaps(earlier) {
                throw refusal("\(key)[\(index)]", "overlaps with \(key)[\(earlierIndex)]")
            }
        }
    }
}

extension IDMapping {
    fileprivate var insideEnd: UInt64 { UInt64(containerID) + UInt64(size) }
    fileprivate var outsideEnd: UInt64 { UInt64(hostID) + UInt64(size) }

    fileprivate func overlaps(_ other: IDMapping) -> Bool {
        let inside = UInt64(containerID) < other.insideEnd && UInt64(other.containerID) < insideEnd
        let outside = UInt64(hostID) < other.outsideEnd && UInt64(other.hostID) < outsideEnd
        return inside || outside
    }
}

extension Hooks: Validatable {
    func validate() throws(JSONDecodingError) {
        for phase in Phase.allCases { try self[phase].validate(as: phase.rawValue) }
    }
}

extension Hook: Validatable {
    func validate() throws(JSONDecodingError) {
        try checkAbsolute("path", path)
        try checkTexts("args", args)
        try checkTexts("env", env ?? [])
        if let timeout, timeout <= 0 { throw refusal("timeout", "\(timeout) is not above 0") }
    }
}
