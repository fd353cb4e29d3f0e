public import JSON

extension LinuxResources: Validatable {
    /// Checks what the types cannot say (config-linux.md, Control groups); also for what `update` reads.
    ///
    /// - Throws: ``JSONDecodingError`` with the path below the resources.
    public func validate() throws(JSONDecodingError) {
        try devices.validate(as: "devices")
        try memory?.validate(as: "memory")
        try cpu?.validate(as: "cpu")
        try blockIO?.validate(as: "blockIO")
        try hugepageLimits.validate(as: "hugepageLimits")
        for (index, priority) in (network?.priorities ?? []).enumerated() where !isInterfaceName(priority.name) {
            throw refusal("network.priorities[\(index)].name", "\"\(priority.name)\" is not a device name")
        }
        try validateRdma()
        try validateUnified()
    }

    private func validateRdma() throws(JSONDecodingError) {
        if rdma.isEmpty { return }
        for (device, limits) in rdma.sorted(by: { $0.key < $1.key }) {
            if device.isEmpty || device.utf8.contains(where: { $0 <= UInt8(ascii: " ") }) {
                throw refusal("rdma", "\"\(device)\" is not a device name")
            }
            if limits.hcaHandles == nil, limits.hcaObjects == nil {
                throw refusal("rdma.\(device)", "holds neither hcaHandles nor hcaObjects")
            }
        }
    }

    /// The keys become file names of the group, so they must be just that.
    private func validateUnified() throws(JSONDecodingError) {
        if unified.isEmpty { return }
        for (file, value) in unified.sorted(by: { $0.key < $1.key }) {
            let parts = file.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            let isFileName = parts.count > 1 && parts.allSatisfy { !$0.isEmpty }
            if !isFileName || file.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "/") }) {
                throw refusal(
                    "unified", "the specified key has not the form CONTROLLER.VALUE `\(file)`, as memory.max has")
            }
            try checkText("unified.\(file)", value)
        }
    }
}

extension LinuxDeviceRule: Validatable {
    func validate() throws(JSONDecodingError) {
        if let major, major < -1 { throw refusal("major", "\(major) is below -1") }
        if let minor, minor < -1 { throw refusal("minor", "\(minor) is below -1") }
        if let access, !access.utf8.allSatisfy("rwm".utf8.contains) {
            throw refusal("access", "\"\(access)\" holds other letters than r, w and m")
        }
    }
}

extension LinuxMemory: Validatable {
    func validate() throws(JSONDecodingError) {
        let limits = [
            ("limit", limit), ("reservation", reservation), ("swap", swap), ("kernel", kernel),
            ("kernelTCP", kernelTCP),
        ]
        for (key, bytes) in limits {
            if let bytes, bytes < -1 { throw refusal(key, "\(bytes) is below -1") }
        }
        if let swappiness, swappiness > 100 { throw refusal("swappiness", "\(swappiness) is above 100") }
    }
}

extension LinuxCPU: Validatable {
    func validate() throws(JSONDecodingError) {
        if let burst, let quota, quota > 0, burst > UInt64(quota) {
            throw refusal("burst", "\(burst) is above the quota, \(quota)")
        }
        try checkNumberList("cpus", cpus, of: "CPUs")
        try checkNumberList("mems", mems, of: "nodes")
        if let idle, idle != 0, idle != 1 { throw refusal("idle", "\(idle) is neither 0 nor 1") }
    }
}

extension LinuxBlockIO: Validatable {
    func validate() throws(JSONDecodingError) {
        for (index, device) in weightDevice.enumerated() {
            try checkDevice("weightDevice[\(index)]", device.major, device.minor)
            if device.weight == nil, device.leafWeight == nil {
                throw refusal("weightDevice[\(index)]", "holds neither weight nor leafWeight")
            }
        }
        let throttles = [
            ("throttleReadBpsDevice", throttleReadBpsDevice), ("throttleWriteBpsDevice", throttleWriteBpsDevice),
            ("throttleReadIOPSDevice", throttleReadIOPSDevice), ("throttleWriteIOPSDevice", throttleWriteIOPSDevice),
        ]
        for (key, devices) in throttles {
            for (index, device) in devices.enumerated() {
                try checkDevice("\(key)[\(index)]", device.major, device.minor)
            }
        }
    }

    private func checkDevice(_ path: String, _ major: Int64, _ minor: Int64) throws(JSONDecodingError) {
        if major < 0 { throw refusal("\(path).major", "\(major) is below 0") }
        if minor < 0 { throw refusal("\(path).minor", "\(minor) is below 0") }
    }
}

extension LinuxHugepageLimit: Validatable {
    func validate() throws(JSONDecodingError) {
        let digits = pageSize.utf8.dropLast(2)
        let isNumber = digits.first != UInt8(ascii: "0") && !digits.isEmpty
        let isSize =
            isNumber && digits.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            && ["KB", "MB", "GB"].contains(pageSize.suffix(2))
        if !isSize { throw refusal("pageSize", "\"\(pageSize)\" is not a size such as 64KB, 2MB or 1GB") }
    }
}
