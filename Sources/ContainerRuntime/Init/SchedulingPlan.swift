internal import LinuxSystem
internal import OCISpec

/// How the container's process is given CPUs, disks and memory: `process.scheduler`, `process.ioPriority` and
/// `linux.memoryPolicy`, in the kernel's numbers.
struct SchedulingPlan {
    private let scheduler: SchedulingAttributes?
    private let ioPriority: (class: Int, level: Int)?
    private let memoryPolicy: (mode: Int, nodes: [UInt])?

    init(_ process: Process, memoryPolicy: MemoryPolicy?) throws(RuntimeError) {
        scheduler = process.scheduler.map(SchedulingAttributes.init)
        ioPriority = process.ioPriority.map { ($0.class.kernelNumber, Int($0.priority)) }
        if let policy = memoryPolicy {
            let flags = policy.flags.reduce(0) { $0 | $1.kernelBit }
            let nodes = try NumberList.bits(policy.nodes ?? "", limit: 1024, origin: "linux.memoryPolicy.nodes")
            self.memoryPolicy = (policy.mode.kernelNumber | flags, nodes)
        } else {
            self.memoryPolicy = nil
        }
    }

    /// Gives it to this process, which needs its rights for some of it.
    func apply() throws(RuntimeError) {
        if let memoryPolicy {
            try during("linux.memoryPolicy") {
                try setMemoryPolicy(mode: memoryPolicy.mode, nodes: memoryPolicy.nodes)
            }
        }
        if let ioPriority {
            try during("process.ioPriority") {
                try setInputOutputPriority(class: ioPriority.class, level: ioPriority.level)
            }
        }
        if let scheduler { try during("process.scheduler") { try setScheduling(scheduler) } }
    }
}

/// Lists of CPUs and memory nodes: `0-3,7`.
enum NumberList {
    /// A bit for each number.
    ///
    /// - Parameters:
    ///   - list: The list, which validation has found well formed.
    ///   - limit: Above the highest number that the kernel can know.
    ///   - origin: Where the bundle has it.
    /// - Returns: Words of bits, as many as are needed.
    /// - Throws: ``RuntimeError`` for a number that no kernel knows.
    static func bits(_ list: String, limit: UInt, origin: String) throws(RuntimeError) -> [UInt] {
        var words: [UInt] = []
        for part in list.split(separator: ",") {
            let ends = part.split(separator: "-").map { UInt($0.filter { $0 != " " }) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last, last < limit else {
                throw RuntimeError("\(origin): \(quoted(String(part))) is not within 0 to \(limit - 1)")
            }
            for number in first...last {
                let place = Int(number) / UInt.bitWidth
                while words.count <= place { words.append(0) }
                words[place] |= 1 << (number % UInt(UInt.bitWidth))
            }
        }
        return words
    }
}

extension SchedulingAttributes {
    fileprivate init(_ scheduler: Scheduler) {
        let policy: UInt32 =
            switch scheduler.policy {
            case .other: 0
            case .fifo: 1
            case .rr: 2
            case .batch: 3
            case .iso: 4
            case .idle: 5
            case .deadline: 6
            }
        let flags: UInt64 = scheduler.flags.reduce(0) { bits, flag in
            switch flag {
            case .resetOnFork: bits | 0x01
            case .reclaim: bits | 0x02
            case .dlOverrun: bits | 0x04
            case .keepPolicy: bits | 0x08
            case .keepParams: bits | 0x10
            case .utilClampMin: bits | 0x20
            case .utilClampMax: bits | 0x40
            }
        }
        self.init(
            policy: policy, flags: flags, nice: scheduler.nice ?? 0, priority: UInt32(max(0, scheduler.priority ?? 0)),
            runtime: scheduler.runtime ?? 0, deadline: scheduler.deadline ?? 0, period: scheduler.period ?? 0)
    }
}

extension IOPriority.Class {
    /// IOPRIO_CLASS_… of linux/ioprio.h.
    fileprivate var kernelNumber: Int {
        switch self {
        case .realTime: 1
        case .bestEffort: 2
        case .idle: 3
        }
    }
}

extension MemoryPolicy.Mode {
    /// MPOL_… of linux/mempolicy.h.
    fileprivate var kernelNumber: Int {
        switch self {
        case .default: 0
        case .preferred: 1
        case .bind: 2
        case .interleave: 3
        case .local: 4
        case .preferredMany: 5
        case .weightedInterleave: 6
        }
    }
}

extension MemoryPolicy.Flag {
    /// MPOL_F_… of linux/mempolicy.h.
    fileprivate var kernelBit: Int {
        switch self {
        case .numaBalancing: 1 << 13
        case .relativeNodes: 1 << 14
        case .staticNodes: 1 << 15
        }
    }
}
