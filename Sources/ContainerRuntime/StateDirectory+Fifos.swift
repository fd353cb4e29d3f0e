internal import LinuxSystem

extension StateDirectory {
    static let fifoName = "exec.fifo"
    /// The FIFO by which init tells `start` how the start went.
    static let outcomeName = "outcome.fifo"

    /// Makes what init waits at, and by what it answers.
    ///
    /// - Returns: Both, open.
    /// - Throws: ``RuntimeError``.
    func makeFifos() throws(RuntimeError) -> (start: FileDescriptorBox, outcome: FileDescriptorBox) {
        // Not blocking: so that opening it does not wait for `start`.
        let start = try makeFifo(Self.fifoName, [.readOnly, .nonBlocking])
        // For both, as a FIFO cannot be opened for writing alone before there is a reader (fifo(7)).
        return (start, try makeFifo(Self.outcomeName, .readWrite))
    }

    private func makeFifo(_ name: String, _ flags: OpenFlags) throws(RuntimeError) -> FileDescriptorBox {
        try during(name) { () throws(SystemCallError) in
            try directory.makeNode(name, kind: .fifo, permissions: 0o600, device: DeviceNumber(major: 0, minor: 0))
            return FileDescriptorBox(try directory.open(name, flags))
        }
    }
}
