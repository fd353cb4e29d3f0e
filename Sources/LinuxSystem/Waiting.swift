internal import CLinux
internal import Glibc

/// Waits until one of the descriptors can be read, or written, or its other end is gone (ppoll(2)).
///
/// - Parameters:
///   - descriptors: What to read from; a negative number is passed over.
///   - writable: What to write to; likewise.
///   - milliseconds: The longest wait; nil for ever.
/// - Returns: For each descriptor, first those to read from, whether it is ready; none is after the time is up.
/// - Throws: ``SystemCallError``.
public func waitUntilReady(
    _ descriptors: [Int32], writable: [Int32] = [], milliseconds: Int64? = nil
) throws(SystemCallError) -> [Bool] {
    let readings = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let writings = writable.map { pollfd(fd: $0, events: Int16(POLLOUT), revents: 0) }
    return try wait(for: readings + writings, milliseconds)
}

/// A file by which the kernel tells of changes, such as `cgroup.events` (cgroup-v2.rst; poll(2), POLLPRI).
public struct WatchedFile: Sendable {
    private let box: FileDescriptorBox

    /// The file.
    public var descriptor: FileDescriptor { _read { yield box.descriptor } }

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - name: Its name.
    ///   - directory: Where it is.
    /// - Throws: ``SystemCallError``.
    public init(_ name: String, in directory: borrowing FileDescriptor) throws(SystemCallError) {
        box = FileDescriptorBox(try directory.open(name, .readOnly))
    }

    /// Takes over a file that is open, perhaps by another process.
    ///
    /// - Parameter descriptor: The file.
    public init(_ descriptor: FileDescriptorBox) { box = descriptor }

    /// What the file holds now. A change after this is one that ``waitForChange(of:orReady:milliseconds:)`` sees.
    ///
    /// - Returns: Its text.
    /// - Throws: ``SystemCallError``; ENODEV where what the file is about is gone.
    public func contents() throws(SystemCallError) -> String {
        String(decoding: try box.descriptor.read(at: 0, upTo: 4096), as: UTF8.self)
    }

    fileprivate var request: pollfd {
        pollfd(fd: box.descriptor.rawValue, events: Int16(POLLPRI), revents: 0)
    }
}

/// Waits until a file has changed since it was read last, or a descriptor is ready (ppoll(2)).
///
/// - Parameters:
///   - files: The files.
///   - descriptors: What else to wait for; see ``waitUntilReady(_:writable:milliseconds:)``.
///   - milliseconds: The longest wait; nil for ever.
/// - Returns: For each file, then for each descriptor, whether it was that; none is after the time is up.
/// - Throws: ``SystemCallError``.
public func waitForChange(
    of files: [WatchedFile], orReady descriptors: [Int32] = [], milliseconds: Int64? = nil
) throws(SystemCallError) -> [Bool] {
    try wait(
        for: files.map(\.request) + descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }, milliseconds)
}

private func wait(for requests: [pollfd], _ milliseconds: Int64?) throws(SystemCallError) -> [Bool] {
    var requests = requests
    var time = timespec()
    if let milliseconds {
        time.tv_sec = Int(milliseconds / 1000)
        time.tv_nsec = Int(milliseconds % 1000) * 1_000_000
    }
    let count = requests.count
    let result = requests.withUnsafeMutableBytes { requests in
        withUnsafePointer(to: &time) { time in
            linux_syscall(
                Int(LINUX_SYS_ppoll), word(requests.baseAddress), count, milliseconds == nil ? 0 : word(time), 0, 0, 0)
        }
    }
    if result == Int(-EINTR) { return requests.map { _ in false } }
    try checked("ppoll") { result }
    return requests.map { $0.revents != 0 }
}
