internal import JSON

extension Linux: Validatable {
    /// Whether the container has a namespace of a kind, new or joined, instead of the runtime's.
    ///
    /// - Parameter type: Which kind.
    /// - Returns: Whether it is listed.
    public func hasNamespace(_ type: LinuxNamespace.Kind) -> Bool { namespaces.contains { $0.type == type } }

    func validate() throws(JSONDecodingError) {
        try validateNamespaces()
        try validateMappings("uidMappings", uidMappings)
        try validateMappings("gidMappings", gidMappings)
        try validateSysctl()
        try resources?.validate(as: "resources")
        try checkText("cgroupsPath", cgroupsPath)
        try devices.validate(as: "devices")
        try validateNetDevices()
        try seccomp?.validate(as: "seccomp")
        try validateCoveredPaths("maskedPaths", maskedPaths)
        try validateCoveredPaths("readonlyPaths", readonlyPaths)
        try checkText("mountLabel", mountLabel)
        try intelRdt?.validate(as: "intelRdt")
        try memoryPolicy?.validate(as: "memoryPolicy")
        try personality?.validate(as: "personality")
        try timeOffsets?.validate(as: "timeOffsets")
        if timeOffsets != nil, !hasNamespace(.time) { throw refusal("timeOffsets", "needs a time namespace") }
    }

    private func validateNamespaces() throws(JSONDecodingError) {
        for (index, namespace) in namespaces.enumerated() {
            if namespaces[..<index].contains(where: { $0.type == namespace.type }) {
                throw refusal("namespaces[\(index)].type", "\(namespace.type.rawValue) is given twice")
            }
            if let path = namespace.path { try checkAbsolute("namespaces[\(index)].path", path) }
        }
    }

    /// A user namespace without mappings is not refused here: the specification permits it, and a joined one has its
    /// own. What a runtime makes of a new one is its own affair; this one refuses it (`InitPlan`).
    private func validateMappings(_ key: String, _ mappings: [IDMapping]) throws(JSONDecodingError) {
        if mappings.isEmpty { return }
        if !hasNamespace(.user) { throw refusal(key, "needs a user namespace") }
        try mappings.validateMappings(as: key)
    }

    /// Covering a path is a mount, which without an own namespace would cover the host's.
    private func validateCoveredPaths(_ key: String, _ paths: [String]) throws(JSONDecodingError) {
        if paths.isEmpty { return }
        try checkAbsolute(key, paths)
        if !hasNamespace(.mount) { throw refusal(key, "needs a mount namespace") }
    }

    private func validateNetDevices() throws(JSONDecodingError) {
        if netDevices.isEmpty { return }
        if !hasNamespace(.network) { throw refusal("netDevices", "needs a network namespace") }
        for (name, device) in netDevices.sorted(by: { $0.key < $1.key }) {
            if !isInterfaceName(name) { throw refusal("netDevices", "\"\(name)\" is not a device name") }
            guard let newName = device.name else { continue }
            // A trailing %d asks the kernel for the first free number.
            let stem = newName.utf8.suffix(2).elementsEqual("%d".utf8) ? String(newName.dropLast(2)) : newName
            if !isInterfaceName(newName) || stem.utf8.contains(UInt8(ascii: "%")) {
                throw refusal("netDevices.\(name).name", "\"\(newName)\" is not a device name")
            }
        }
    }
}

/// Whether the kernel takes a text as a network device's name: 1 to 15 bytes, no slash, colon or white space.
func isInterfaceName(_ name: String) -> Bool {
    if name.isEmpty || name.utf8.count > 15 || name == "." || name == ".." { return false }
    return !name.utf8.contains { byte in
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: ":") || byte <= UInt8(ascii: " ") || byte == 0x7F
    }
}

extension LinuxDevice: Validatable {
    /// Major and minor numbers are 12 and 20 bits wide in Linux.
    func validate() throws(JSONDecodingError) {
        try checkAbsolute("path", path)
        if type != .fifo {
            guard let major else { throw refusal("major", "is missing") }
            guard let minor else { throw refusal("minor", "is missing") }
            if !(0...0xFFF).contains(major) { throw refusal("major", "\(major) is not between 0 and 4095") }
            if !(0...0xFFFFF).contains(minor) { throw refusal("minor", "\(minor) is not between 0 and 1048575") }
        }
        try checkID("uid", uid)
        try checkID("gid", gid)
    }
}

extension IntelRdt: Validatable {
    func validate() throws(JSONDecodingError) {
        if let closID, closID != "/" {
            try checkText("closID", closID)
            if closID == "." || closID == ".." || closID.utf8.contains(UInt8(ascii: "/")) {
                throw refusal("closID", "\"\(closID)\" is not the name of a directory")
            }
        }
        for (index, line) in schemata.enumerated() { try checkLine("schemata[\(index)]", line) }
        try checkLine("l3CacheSchema", l3CacheSchema)
        try checkLine("memBwSchema", memBwSchema)
        if let memBwSchema, !memBwSchema.utf8.starts(with: "MB:".utf8) {
            throw refusal("memBwSchema", "\"\(memBwSchema)\" does not start with MB:")
        }
    }

    private func checkLine(_ key: String, _ line: String?) throws(JSONDecodingError) {
        try checkText(key, line)
        if let line, line.utf8.contains(UInt8(ascii: "\n")) { throw refusal(key, "contains a line break") }
    }
}

extension MemoryPolicy: Validatable {
    func validate() throws(JSONDecodingError) {
        try checkNumberList("nodes", nodes, of: "nodes")
        switch mode {
        case .default, .local:
            if nodes != nil { throw refusal("nodes", "\(mode.rawValue) takes none") }
        case .bind, .interleave, .weightedInterleave, .preferredMany:
            if nodes == nil { throw refusal("nodes", "is missing, though \(mode.rawValue) needs it") }
        case .preferred: break
        }
        if flags.contains(.relativeNodes), flags.contains(.staticNodes) {
            throw refusal("flags", "MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES exclude each other")
        }
    }
}

extension Personality: Validatable {
    func validate() throws(JSONDecodingError) {
        if let flag = flags.first { throw refusal("flags", "unknown personality flag \"\(flag)\" (none is known)") }
    }
}

extension TimeOffsets: Validatable {
    func validate() throws(JSONDecodingError) {
        for (clock, offset) in [("monotonic", monotonic), ("boottime", boottime)] {
            if let offset, offset.nanosecs > 999_999_999 {
                throw refusal("\(clock).nanosecs", "\(offset.nanosecs) is not below one second")
            }
        }
    }
}
