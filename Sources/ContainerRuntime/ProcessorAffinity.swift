internal import LinuxSystem
internal import OCISpec

/// The CPUs on which a process that `exec` adds may run: `process.execCPUAffinity`, which says nothing of the container's
/// first process (config.md, Linux Process).
struct ProcessorAffinity {
    /// As many as the kernel can be built for (NR_CPUS).
    private static let limit: UInt = 8192

    /// A bit for each CPU; nil changes nothing.
    private let initial: [UInt]?
    private let final: [UInt]?
    /// Whether nothing is asked for.
    var isEmpty: Bool { initial == nil && final == nil }

    /// Reads the lists.
    ///
    /// - Parameters:
    ///   - affinity: The lists, which validation has found well formed; an empty one is none.
    ///   - origin: Where they are written.
    /// - Throws: ``RuntimeError`` for a CPU that no kernel knows.
    init(_ affinity: ExecCPUAffinity?, origin: String) throws(RuntimeError) {
        func bits(_ list: String?, _ stage: String) throws(RuntimeError) -> [UInt]? {
            guard let list, !list.isEmpty else { return nil }
            return try NumberList.bits(list, limit: Self.limit, origin: "\(origin).execCPUAffinity.\(stage)")
        }
        initial = try bits(affinity?.initial, "initial")
        final = try bits(affinity?.final, "final")
    }

    /// In the runtime, before anything of the process exists: whatever is done until it is in the container's control
    /// group disturbs no other CPU. The runtime stays there; it only waits from then on.
    func applyInitial() throws(RuntimeError) { try apply(initial, "initial") }

    /// In a process that is in the container's control group, whose CPUs are the most that it can get.
    func applyFinal() throws(RuntimeError) { try apply(final, "final") }

    /// Permits this process all CPUs of its control group: those of whoever called the runtime, a pinned service perhaps,
    /// are not the container's. A tool call in a sandbox keeps them, as a program that is called without one would.
    static func reset() throws(RuntimeError) {
        let all = [UInt](repeating: .max, count: Int(limit) / UInt.bitWidth)
        do throws(SystemCallError) {
            try setProcessorAffinity(all)
        } catch  where error.errno == .notPermitted {
            return  // Whoever confines the runtime forbids it, and then has the say.
        } catch {
            throw RuntimeError("CPU affinity: \(error)")
        }
    }

    private func apply(_ processors: [UInt]?, _ stage: String) throws(RuntimeError) {
        guard let processors else { return }
        let what = "process.execCPUAffinity.\(stage)"
        do throws(SystemCallError) {
            try setProcessorAffinity(processors)
        } catch  where error.errno == .invalidArgument {
            // sched_setaffinity(2): no CPU of the list is there, or none is in the cpuset.
            throw RuntimeError("\(what): none of these CPUs is permitted to the process: \(error)")
        } catch {
            throw RuntimeError("\(what): \(error)")
        }
    }
}
