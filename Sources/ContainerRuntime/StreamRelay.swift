internal import LinuxSystem

/// Pipes in place of the files that standard input, output and error may be redirected to.
///
/// A file that the caller redirected lies on a mount of the host, where nothing is noexec or read-only. Through
/// `/proc/self/fd/N` a sandboxed program could open it anew, write it, and have the dynamic loader map it. So a sandbox
/// gets pipes only, and a process of the runtime's own carries the bytes.
final class StreamRelay {
    /// What the container gets, by the number it gets it as.
    private(set) var containerEnds: [Int32: PipeEnd] = [:]
    private var pumps: [(number: Int32, process: ProcessHandle)] = []
    /// What carries both outputs where they are limited; nil without a limit, or once it has ended.
    private(set) var meter: ProcessHandle?
    /// Whether more was written than may be.
    private(set) var isLimitReached = false
    private var meterLostOutput = false

    /// Whether output may be on its way still.
    var carriesBytes: Bool { !pumps.isEmpty || meter != nil }

    /// Kinds of file that a sandbox must not get by descriptor.
    static func isUnsafe(_ kind: FileStatus.Kind) -> Bool {
        kind == .regular || kind == .directory || kind == .blockDevice
    }

    /// Puts pipes in place of those of descriptors 0 to 2 that are files.
    ///
    /// - Parameter outputLimit: How many bytes may be written to 1 and 2 together; then there are pipes for these in any
    ///   case.
    /// - Throws: ``RuntimeError``.
    init(outputLimit: Int64? = nil) throws(RuntimeError) {
        if let outputLimit { try during("standard output") { try meterOutput(outputLimit) } }
        var output: FileStatus?
        for number in Int32(0)...(outputLimit == nil ? 2 : 0) {
            let status = try during("descriptor \(number)") { try UnownedDescriptor(number).status() }
            guard Self.isUnsafe(status.kind) else { continue }
            if number == 2, let output, output.inode == status.inode, output.device == status.device {
                // Both go to one file: one pipe keeps them in order.
                containerEnds[2] = containerEnds[1]
                continue
            }
            if number == 1 { output = status }
            do throws(SystemCallError) {
                try relay(number)
            } catch  where error.call == "clone3" && [.notPermitted, .notImplemented].contains(error.errno) {
                // The first process of all: where a filter refuses clone3(2), it is refused here.
                throw RuntimeError("descriptor \(number): \(error): \(UserNamespaceObstacle(of: error.errno))")
            } catch {
                throw RuntimeError("descriptor \(number): \(error)")
            }
        }
    }

    private func relay(_ number: Int32) throws(SystemCallError) {
        let (readEnd, writeEnd) = try FrameSocket.pipe()
        let (own, container) = number == 0 ? (writeEnd, readEnd) : (readEnd, writeEnd)
        switch try cloneProcess([]) {
        case .child:
            do throws(SystemCallError) {
                try setParentDeathSignal(Signals.kill)
                // Its own copies, without which it sees the container's end of the pipe close.
                container.close()
                for end in containerEnds.values { end.close() }
                try Self.pump(number, own)
            } catch {
                endProcess(1)
            }
            endProcess(0)
        case .parent(_, let process):
            own.close()
            containerEnds[number] = container
            pumps.append((number, process))
        }
    }

    private static func pump(_ number: Int32, _ pipe: PipeEnd) throws(SystemCallError) {
        while true {
            let bytes =
                number == 0 ? try UnownedDescriptor(0).read(upTo: 1 << 16) : try pipe.descriptor.read(upTo: 1 << 16)
            if bytes.isEmpty { return }
            do throws(SystemCallError) {
                if number == 0 {
                    try pipe.descriptor.writeToPipe(bytes)
                } else {
                    try UnownedDescriptor(number).write(bytes)
                }
            } catch  where error.errno == .brokenPipe {
                return  // The container reads no more.
            }
        }
    }

    /// Puts the pipes onto descriptors 0 to 2, in the container's first process.
    func install() throws(SystemCallError) {
        for (number, end) in containerEnds { try end.descriptor.duplicate(onto: number) }
    }

    /// Gives up the container's ends, in the runtime: from now on only the container holds them.
    func release() { containerEnds = [:] }

    /// Whether more was written than may be, asked when ``meter`` has ended.
    func endMeter() throws(RuntimeError) -> Bool {
        guard let process = meter else { return isLimitReached }
        meter = nil
        let end = try during("standard output") { try process.waitForEnd() }
        isLimitReached = end == .exited(OutputMeter.limitStatus)
        meterLostOutput = !isLimitReached && end != .exited(0)
        return isLimitReached
    }

    private func meterOutput(_ limit: Int64) throws(SystemCallError) {
        let (one, two) = (try UnownedDescriptor(1).status(), try UnownedDescriptor(2).status())
        let first = try FrameSocket.pipe()
        // Both go to one place: one pipe keeps them in order.
        let isOne = one.inode == two.inode && one.device == two.device
        let second = isOne ? nil : try FrameSocket.pipe()
        switch try cloneProcess([]) {
        case .child:
            do throws(SystemCallError) {
                try setParentDeathSignal(Signals.kill)
                first.1.close()
                second?.1.close()
                var outputs: [(number: Int32, pipe: PipeEnd)] = [(1, first.0)]
                if let second { outputs.append((2, second.0)) }
                try OutputMeter(limit: limit).carry(outputs)
            } catch {
                endProcess(1)
            }
            endProcess(0)
        case .parent(_, let process):
            first.0.close()
            second?.0.close()
            containerEnds[1] = first.1
            containerEnds[2] = second?.1 ?? first.1
            meter = process
        }
    }

    /// Waits, after the container has ended, until all output is where it belongs.
    ///
    /// - Returns: The descriptors whose output could not be written whole.
    func finish() throws(RuntimeError) -> [Int32] {
        // Where no container came into being they are still here, and the relays would wait for their end for ever.
        release()
        _ = try endMeter()
        var lost: [Int32] = meterLostOutput ? [1] : []
        for (number, process) in pumps {
            try during("descriptor \(number)") { () throws(SystemCallError) in
                // What was not read of the input stays unread.
                if number == 0 { try process.send(signal: Signals.kill) }
                if try process.waitForEnd() != .exited(0), number != 0 { lost.append(number) }
            }
        }
        pumps = []
        return lost
    }
}
