public import JSON

extension Process: Validatable {
    /// Checks what the types cannot say (config.md, Process); also for the file that `exec --process` takes.
    ///
    /// - Throws: ``JSONDecodingError`` with the path below the process.
    public func validate() throws(JSONDecodingError) {
        try checkAbsolute("cwd", cwd)
        guard let program = args.first else { throw refusal("args", "is empty: there is nothing to run") }
        if program.isEmpty { throw refusal("args[0]", "is empty: there is nothing to run") }
        try checkTexts("args", args)
        try checkEnvironment()
        try user.validate(as: "user")
        try capabilities?.validate(as: "capabilities")
        try checkRlimits()
        try checkText("apparmorProfile", apparmorProfile)
        try checkText("selinuxLabel", selinuxLabel)
        if let oomScoreAdj, !(-1000...1000).contains(oomScoreAdj) {
            throw refusal("oomScoreAdj", "\(oomScoreAdj) is not between -1000 and 1000")
        }
        try scheduler?.validate(as: "scheduler")
        try ioPriority?.validate(as: "ioPriority")
        try checkNumberList("execCPUAffinity.initial", execCPUAffinity?.initial, of: "CPUs")
        try checkNumberList("execCPUAffinity.final", execCPUAffinity?.final, of: "CPUs")
    }

    private func checkEnvironment() throws(JSONDecodingError) {
        try checkTexts("env", env)
        for (index, entry) in env.enumerated() {
            guard let separator = entry.utf8.firstIndex(of: UInt8(ascii: "=")) else {
                throw refusal("env[\(index)]", "\"\(entry)\" is not of the form NAME=value")
            }
            if separator == entry.startIndex { throw refusal("env[\(index)]", "\"\(entry)\" has no name before the =") }
        }
    }

    private func checkRlimits() throws(JSONDecodingError) {
        for (index, limit) in rlimits.enumerated() {
            if rlimits[..<index].contains(where: { $0.type == limit.type }) {
                throw refusal("rlimits[\(index)].type", "\(limit.type.rawValue) is given twice")
            }
            if limit.soft > limit.hard {
                throw refusal("rlimits[\(index)].soft", "\(limit.soft) is above the hard limit, \(limit.hard)")
            }
        }
    }
}

extension User: Validatable {
    func validate() throws(JSONDecodingError) {
        try checkID("uid", uid)
        try checkID("gid", gid)
        for (index, gid) in additionalGids.enumerated() { try checkID("additionalGids[\(index)]", gid) }
        if let umask, umask > 0o777 { throw refusal("umask", "\(umask) is above 511 (0777)") }
    }
}

extension LinuxCapabilities: Validatable {
    func validate() throws(JSONDecodingError) {
        try checkTexts("bounding", bounding)
        try checkTexts("effective", effective)
        try checkTexts("inheritable", inheritable)
        try checkTexts("permitted", permitted)
        try checkTexts("ambient", ambient)
    }
}

extension Scheduler: Validatable {
    /// The kernel refuses or ignores what does not go with the policy; a configuration that asks for it means
    /// something else than it would get.
    func validate() throws(JSONDecodingError) {
        if let nice, !(-20...19).contains(nice) { throw refusal("nice", "\(nice) is not between -20 and 19") }
        if let priority {
            switch policy {
            case .fifo, .rr:
                if !(1...99).contains(priority) { throw refusal("priority", "\(priority) is not between 1 and 99") }
            case .other, .batch, .iso, .idle, .deadline:
                if priority != 0 { throw refusal("priority", "is only for SCHED_FIFO and SCHED_RR") }
            }
        }
        if policy != .deadline {
            for (key, value) in [("runtime", runtime), ("deadline", deadline), ("period", period)] {
                if let value, value != 0 { throw refusal(key, "is only for SCHED_DEADLINE") }
            }
        } else {
            try validateDeadline()
        }
    }

    /// The kernel says no more than EINVAL (sched(7), SCHED_DEADLINE); the reasons are told in crun's words.
    private func validateDeadline() throws(JSONDecodingError) {
        let what = "sched_setattr: `SCHED_DEADLINE`"
        guard let runtime else { throw refusal("runtime", "\(what) requires `runtime`") }
        guard let deadline else { throw refusal("deadline", "\(what) requires `deadline`") }
        let period = period ?? 0
        for (key, value) in [("runtime", runtime), ("deadline", deadline)] where value == 0 {
            throw refusal(key, "\(what) \(key) must be greater than 0")
        }
        if runtime > deadline {
            throw refusal("runtime", "\(what) runtime (\(runtime)) must be <= deadline (\(deadline))")
        }
        if period != 0, deadline > period {
            throw refusal("deadline", "\(what) deadline (\(deadline)) must be <= period (\(period))")
        }
        // A period of 0 is the deadline.
        for (key, value) in [("runtime", runtime), ("deadline", deadline), ("period", period == 0 ? deadline : period)]
        where value < 1024 || value >= 1 << 63 {
            throw refusal(key, "\(what) \(key) (\(value)) must be between 1024 and \(UInt64(1) << 63 - 1)")
        }
    }
}

extension IOPriority: Validatable {
    func validate() throws(JSONDecodingError) {
        if !(0...7).contains(priority) { throw refusal("priority", "\(priority) is not between 0 and 7") }
    }
}
