internal import CLinux

/// A counter by which the kernel tells that something has happened (eventfd(2)).
public struct EventCounter: Sendable {
    private let box: FileDescriptorBox

    /// Makes a counter.
    ///
    /// - Parameter count: How often the event has happened already.
    /// - Throws: ``SystemCallError``.
    public init(count: Int = 0) throws(SystemCallError) {
        let flags = 0o2000000 | 0o4000  // EFD_CLOEXEC, EFD_NONBLOCK
        box = FileDescriptorBox(
            FileDescriptor(owning: Int32(try systemCall("eventfd2", LINUX_SYS_eventfd2, count, flags))))
    }

    /// Takes over a counter that another process has made.
    ///
    /// - Parameter descriptor: The counter.
    public init(_ descriptor: FileDescriptorBox) { box = descriptor }

    /// Counts an event.
    ///
    /// - Throws: ``SystemCallError``.
    public func add() throws(SystemCallError) {
        // A number of eight bytes.
        try box.descriptor.write([1, 0, 0, 0, 0, 0, 0, 0])
    }

    /// Takes what has been counted; of several processes that ask, one gets it.
    ///
    /// - Returns: Whether anything had been counted.
    /// - Throws: ``SystemCallError``.
    public func take() throws(SystemCallError) -> Bool {
        do throws(SystemCallError) {
            return try !box.descriptor.read(upTo: 8).isEmpty
        } catch  where error.errno == .wouldBlock {
            return false
        }
    }

    /// The descriptor, which can be read from once the event has happened.
    public var rawValue: Int32 { box.descriptor.rawValue }

    /// Waits for the next event.
    ///
    /// - Throws: ``SystemCallError``.
    public func reset() throws(SystemCallError) { _ = try take() }
}
