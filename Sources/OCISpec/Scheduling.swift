public import JSON

/// How a process is scheduled (config.md, Linux Process, `scheduler`; sched_setattr(2)).
public struct Scheduler: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// The policy.
    public var policy: Policy
    /// Nice value, for `other` and `batch`.
    public var nice: Int32?
    /// Static priority, for `fifo` and `rr`.
    public var priority: Int32?
    /// What goes with the policy.
    public var flags: [Flag]
    /// Nanoseconds the process may run in each period, for `deadline`.
    public var runtime: UInt64?
    /// Nanoseconds from a period's start by which it has run, for `deadline`.
    public var deadline: UInt64?
    /// Length of a period in nanoseconds, for `deadline`.
    public var period: UInt64?

    /// Scheduling policies (sched(7)).
    public enum Policy: String, Keyword {
        /// Round-robin time sharing.
        case other = "SCHED_OTHER"
        /// Real time, first in first out.
        case fifo = "SCHED_FIFO"
        /// Real time, round-robin.
        case rr = "SCHED_RR"
        /// Batch work.
        case batch = "SCHED_BATCH"
        /// Reserved by the kernel.
        case iso = "SCHED_ISO"
        /// Very low priority.
        case idle = "SCHED_IDLE"
        /// By deadline.
        case deadline = "SCHED_DEADLINE"

        /// What the words stand for.
        public static var kind: String { "scheduling policy" }
    }

    /// What goes with a policy.
    public enum Flag: String, Keyword {
        /// Children start with the default policy.
        case resetOnFork = "SCHED_FLAG_RESET_ON_FORK"
        /// Unused time of other deadline processes may be used.
        case reclaim = "SCHED_FLAG_RECLAIM"
        /// `SIGXCPU` when a deadline process overruns.
        case dlOverrun = "SCHED_FLAG_DL_OVERRUN"
        /// The policy stays as it is.
        case keepPolicy = "SCHED_FLAG_KEEP_POLICY"
        /// The parameters stay as they are.
        case keepParams = "SCHED_FLAG_KEEP_PARAMS"
        /// The lower bound of utilisation is set.
        case utilClampMin = "SCHED_FLAG_UTIL_CLAMP_MIN"
        /// The upper bound of utilisation is set.
        case utilClampMax = "SCHED_FLAG_UTIL_CLAMP_MAX"

        /// What the words stand for.
        public static var kind: String { "scheduling flag" }
    }

    /// A way of scheduling.
    ///
    /// - Parameters:
    ///   - policy: The policy.
    ///   - nice: Nice value.
    ///   - priority: Static priority.
    ///   - flags: What goes with the policy.
    ///   - runtime: Nanoseconds in each period.
    ///   - deadline: Nanoseconds until the deadline.
    ///   - period: Nanoseconds of a period.
    public init(
        policy: Policy, nice: Int32? = nil, priority: Int32? = nil, flags: [Flag] = [], runtime: UInt64? = nil,
        deadline: UInt64? = nil, period: UInt64? = nil
    ) {
        self.policy = policy
        self.nice = nice
        self.priority = priority
        self.flags = flags
        self.runtime = runtime
        self.deadline = deadline
        self.period = period
    }

    /// Reads a way of scheduling: the `scheduler` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        policy = try object.required("policy")
        nice = try object.optional("nice")
        priority = try object.optional("priority")
        flags = try object.list("flags")
        runtime = try object.optional("runtime")
        deadline = try object.optional("deadline")
        period = try object.optional("period")
    }

    /// The way of scheduling as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("policy", policy)
        object.encode("nice", nice)
        object.encode("priority", priority)
        object.encode(nonEmpty: "flags", flags)
        object.encode("runtime", runtime)
        object.encode("deadline", deadline)
        object.encode("period", period)
        return object.json
    }
}

/// How a process's input and output is scheduled (config.md, Linux Process, `ioPriority`; ioprio_set(2)).
public struct IOPriority: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// The class.
    public var `class`: Class
    /// Within the class, from 0 (first) to 7.
    public var priority: Int32

    /// Classes of input and output scheduling.
    public enum Class: String, Keyword {
        /// Before all others.
        case realTime = "IOPRIO_CLASS_RT"
        /// The default.
        case bestEffort = "IOPRIO_CLASS_BE"
        /// Only when nobody else wants the disk.
        case idle = "IOPRIO_CLASS_IDLE"

        /// What the words stand for.
        public static var kind: String { "input/output priority class" }
    }

    /// A priority.
    ///
    /// - Parameters:
    ///   - class: The class.
    ///   - priority: Within the class.
    public init(_ class: Class, priority: Int32) {
        self.class = `class`
        self.priority = priority
    }

    /// Reads a priority: the `ioPriority` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        self.class = try object.required("class")
        priority = try object.optional("priority") ?? 0
    }

    /// The priority as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("class", self.class)
        object.encode("priority", priority)
        return object.json
    }
}

/// CPUs for a process that `exec` adds (config.md, Linux Process, `execCPUAffinity`); lists such as `0-3,7`.
public struct ExecCPUAffinity: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Before it joins the container's control group.
    public var initial: String?
    /// After it has joined.
    public var final: String?

    /// CPUs for a process.
    ///
    /// - Parameters:
    ///   - initial: Before it joins the control group.
    ///   - final: After it has joined.
    public init(initial: String? = nil, final: String? = nil) {
        self.initial = initial
        self.final = final
    }

    /// Reads the lists: the `execCPUAffinity` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        initial = try object.text("initial")
        final = try object.text("final")
    }

    /// The lists as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("initial", initial)
        object.encode("final", final)
        return object.json
    }
}
