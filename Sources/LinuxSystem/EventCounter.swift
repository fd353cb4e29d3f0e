internal import CLinux

/// A counter by which the kernel tells that something has happened (eventfd(2)).
public struct EventCounter: Sendable {
    private let box: FileDescriptorBox

    /// Makes a counter.
    ///
    /// - Throws: ``SystemCallError``.
    public init() throws(SystemCallError) {
        let flags = 0o2000000 | 0o4000  // EFD_CLOEXEC, EFD_NONBLOCK
        box = FileDescriptorBox(FileDescriptor(owning: Int32(try systemCall("eventfd2", LINUX_SYS_eventfd2, 0, flags))))
    }

    /// The descriptor, which can be read from once the event has happened.
    public var rawValue: Int32 { box.descriptor.rawValue }

    /// Waits for the next event.
    ///
    /// - Throws: ``SystemCallError``.
    public func reset() throws(SystemCallError) {
        do throws(SystemCallError) {
            _ = try box.descriptor.read(upTo: 8)
        } catch  where error.errno == .wouldBlock {
            return
        }
    }
}
