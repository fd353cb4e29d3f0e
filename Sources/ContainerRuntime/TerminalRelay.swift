internal import LinuxSystem

/// Carries bytes between the caller's terminal (descriptors 0 and 1) and the container's.
final class TerminalRelay {
    private let master: FileDescriptorBox
    private let raw: RawTerminal?
    private var inputIsOpen = true
    private var outputIsOpen = true

    /// The descriptor to read the caller's keys from; -1 when there are no more.
    var input: Int32 { inputIsOpen ? 0 : -1 }
    /// The descriptor to read the container's output from; -1 when there is no more.
    var output: Int32 { outputIsOpen ? master.descriptor.rawValue : -1 }

    /// How many bytes of output may still come; nil for any number.
    private var outputLeft: Int64?
    /// Whether there were more.
    private(set) var isLimitReached = false

    init(master: FileDescriptorBox, outputLimit: Int64? = nil) throws(RuntimeError) {
        outputLeft = outputLimit
        self.master = master
        if isTerminal(0) {
            raw = try during("terminal") { try RawTerminal(0) }
        } else {
            raw = nil
        }
        try passWindowSize()
    }

    /// Gives the container's terminal the size of the caller's.
    func passWindowSize() throws(RuntimeError) {
        let own = UnownedDescriptor(1)
        guard own.isTerminal else { return }
        try during("window size") { try master.descriptor.setWindowSize(own.windowSize()) }
    }

    /// Carries what is there.
    func carry(input: Bool, output: Bool) throws(RuntimeError) {
        if input {
            let bytes = try during("standard input") { try UnownedDescriptor(0).read(upTo: 16384) }
            if bytes.isEmpty {
                inputIsOpen = false
                // The end of a pipe becomes the end-of-file key; to a terminal that expects lines it is the same.
                try during("terminal") { try master.descriptor.write([4]) }
            } else {
                try during("terminal") { try master.descriptor.write(bytes) }
            }
        }
        if output { try carryOutput() }
    }

    /// Carries the rest of the output, after the container has ended.
    func drain() throws(RuntimeError) {
        while outputIsOpen {
            let ready = try during("terminal") { try waitUntilReady([output], milliseconds: 0) }
            guard ready[0] else { return }
            try carryOutput()
        }
    }

    private func carryOutput() throws(RuntimeError) {
        var bytes: [UInt8]
        do throws(SystemCallError) {
            bytes = try master.descriptor.read(upTo: 16384)
        } catch  where error.errno == .inputOutput {
            outputIsOpen = false  // Nobody has the other end open.
            return
        } catch {
            throw RuntimeError("terminal: \(error)")
        }
        if bytes.isEmpty { outputIsOpen = false }
        if let left = outputLeft {
            outputLeft = max(0, left - Int64(bytes.count))
            if bytes.count > left {
                isLimitReached = true
                bytes = Array(bytes.prefix(Int(left)))
            }
        }
        try during("standard output") { try UnownedDescriptor(1).write(bytes) }
    }
}
