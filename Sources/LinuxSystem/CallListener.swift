internal import CLinux
internal import CSeccomp
internal import Glibc

/// Told of system calls that other processes make, before the kernel carries them out (seccomp_unotify(2)).
///
/// A call that is resumed goes on as if nobody had been told, so that nothing here can decide wrongly or be raced: its
/// process can change what it asks for. One that is answered is not carried out.
public struct CallListener: Sendable {
    private let box: FileDescriptorBox

    /// The listener; it can be read from when a call waits.
    public var descriptor: FileDescriptor { _read { yield box.descriptor } }

    /// Takes a listener over.
    ///
    /// - Parameter descriptor: As the installation of the filter gave it.
    public init(_ descriptor: FileDescriptorBox) { box = descriptor }

    /// A call that waits.
    public struct Call: Sendable {
        /// The kernel's number for this call, for the answer.
        public let id: UInt64
        /// The thread that makes it, as this process numbers it.
        public let pid: Int32
        /// The call's number on this architecture.
        public let number: Int32
        /// Its six arguments.
        public let arguments: [UInt64]
    }

    // MARK: The filter

    /// Where this architecture's calls are told from others (linux/audit.h).
    #if arch(arm64)
        private static let architecture: UInt32 = 0xC000_00B7
    #else
        private static let architecture: UInt32 = 0xC000_003E
    #endif

    /// A filter that tells of calls by name and lets all others pass; ready to be installed with a listener.
    ///
    /// - Parameter calls: The calls, at most 200; those that this architecture has not are left out.
    /// - Returns: The filter in the forms in which kernels take it, the best first (Linux 5.19).
    public static func filters(of calls: [String]) -> [InstallableSeccompFilter] {
        let numbers = calls.map { UInt32(bitPattern: seccomp_syscall_resolve_name($0)) }.filter {
            Int32(bitPattern: $0) >= 0
        }
        // struct sock_filter: code, jump if true, jump if false, operand (linux/filter.h).
        var program: [(code: UInt16, yes: UInt8, no: UInt8, operand: UInt32)] = [
            (0x20, 0, 0, 4),  // load the architecture
            (0x15, 0, UInt8(numbers.count + 1), architecture),
            (0x20, 0, 0, 0),  // load the number
        ]
        for (index, number) in numbers.enumerated() {
            program.append((0x15, UInt8(numbers.count - index), 0, number))
        }
        program.append((0x06, 0, 0, 0x7FFF_0000))  // SECCOMP_RET_ALLOW
        program.append((0x06, 0, 0, 0x7FC0_0000))  // SECCOMP_RET_USER_NOTIF
        let bytes = program.flatMap { line in
            [
                UInt8(line.code & 0xFF), UInt8(line.code >> 8), line.yes, line.no, UInt8(line.operand & 0xFF),
                UInt8(line.operand >> 8 & 0xFF), UInt8(line.operand >> 16 & 0xFF), UInt8(line.operand >> 24),
            ]
        }
        // NEW_LISTENER; with WAIT_KILLABLE_RECV no signal interrupts a call that is looked at already.
        return [40, 8].map { InstallableSeccompFilter(bytes, flags: $0) }
    }

    /// The number of a call by its name; nil where this architecture has none.
    ///
    /// - Parameter name: The call.
    /// - Returns: The number.
    public static func number(of name: String) -> Int32? {
        let number = seccomp_syscall_resolve_name(name)
        return number >= 0 ? number : nil
    }

    /// Installs the first of these filters that this kernel takes.
    ///
    /// - Parameter filters: As ``filters(of:)`` gave them.
    /// - Returns: The listener.
    /// - Throws: ``SystemCallError``.
    public static func install(_ filters: [InstallableSeccompFilter]) throws(SystemCallError) -> FileDescriptor {
        var refusal = SystemCallError(call: "seccomp", errno: .invalidArgument)
        for filter in filters {
            do throws(SystemCallError) {
                return FileDescriptor(owning: Int32(try filter.install()))
            } catch  where error.errno == .invalidArgument {
                refusal = error
            }
        }
        throw refusal
    }

    // MARK: Calls

    /// Whether a call waits, and whether nobody is left who could make one (poll(2)).
    ///
    /// - Returns: Both.
    public func state() -> (hasCall: Bool, hasEnded: Bool) {
        var request = pollfd(fd: box.descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, 0) > 0 else { return (false, false) }
        return (Int32(request.revents) & POLLIN != 0, Int32(request.revents) & (POLLHUP | POLLERR) != 0)
    }

    /// Takes the call that waits.
    ///
    /// - Returns: The call; nil where its process has gone meanwhile.
    /// - Throws: ``SystemCallError``.
    public func next() throws(SystemCallError) -> Call? {
        // struct seccomp_notif: id, pid, flags, and struct seccomp_data; the kernel wants it to be zeros.
        var words = [UInt64](repeating: 0, count: 10)
        let number = box.descriptor.rawValue
        do throws(SystemCallError) {
            try checked("SECCOMP_IOCTL_NOTIF_RECV") {
                words.withUnsafeMutableBytes { linux_ioctl(number, 0xC050_2100, $0.baseAddress) }
            }
        } catch  where error.errno == .noSuchFile {
            return nil
        }
        return Call(
            id: words[0], pid: Int32(truncatingIfNeeded: words[1]), number: Int32(truncatingIfNeeded: words[2]),
            arguments: Array(words[4...]))
    }

    /// Whether a call still waits: so that what was read of its process is that process's.
    ///
    /// - Parameter call: The call.
    /// - Returns: Whether it does.
    public func isWaiting(_ call: Call) -> Bool {
        var id = call.id
        return linux_ioctl(box.descriptor.rawValue, 0x4008_2102, &id) == 0
    }

    /// Lets a call go on, whatever it is (SECCOMP_USER_NOTIF_FLAG_CONTINUE).
    ///
    /// - Parameter call: The call; one whose process has gone is no failure.
    /// - Throws: ``SystemCallError``.
    public func resume(_ call: Call) throws(SystemCallError) {
        try respond(call, word: 1 << 32)
    }

    /// Sends an answer, of which the last word is error and flags.
    private func respond(_ call: Call, word: UInt64) throws(SystemCallError) {
        // struct seccomp_notif_resp: id, val, error, flags.
        var words: [UInt64] = [call.id, 0, word]
        let number = box.descriptor.rawValue
        do throws(SystemCallError) {
            try checked("SECCOMP_IOCTL_NOTIF_SEND") {
                words.withUnsafeMutableBytes { linux_ioctl(number, 0xC018_2101, $0.baseAddress) }
            }
        } catch  where error.errno == .noSuchFile {
            return
        }
    }
}

extension CallListener {
    /// Answers a call in the kernel's stead, which does not carry it out.
    ///
    /// - Parameters:
    ///   - call: The call; one whose process has gone is no failure.
    ///   - errno: With what it fails; nil where it returns 0.
    /// - Throws: ``SystemCallError``.
    public func answer(_ call: Call, _ errno: Errno?) throws(SystemCallError) {
        // A negative number in the lower half of the third word.
        try respond(call, word: UInt64(UInt32(bitPattern: -(errno?.rawValue ?? 0))))
    }
}

/// The memory of another process, read as far as it can be (proc_pid_mem(5)).
public struct ProcessMemory: ~Copyable {
    private let file: FileDescriptor

    /// Opens it.
    ///
    /// - Parameter pid: The process.
    /// - Throws: ``SystemCallError`` where this process may not look into it.
    public init(of pid: Int32) throws(SystemCallError) { file = try openFile("/proc/\(pid)/mem", .readOnly) }

    /// Bytes from an address on; fewer where memory ends.
    ///
    /// - Parameters:
    ///   - address: The address.
    ///   - limit: The most bytes.
    /// - Returns: The bytes.
    public borrowing func bytes(at address: UInt64, limit: Int) -> [UInt8] {
        var result: [UInt8] = []
        while result.count < limit {
            let start = address &+ UInt64(result.count)
            // To the end of a page, beyond which there may be nothing.
            let count = min(limit - result.count, 4096 - Int(start & 4095))
            // What cannot be read is not there.
            guard let part = try? file.read(at: start, upTo: count), !part.isEmpty else { return result }
            result += part
        }
        return result
    }

    /// The text at an address, up to its NUL.
    ///
    /// - Parameters:
    ///   - address: The address.
    ///   - limit: The most bytes.
    /// - Returns: The text; nil where nothing is there.
    public borrowing func text(at address: UInt64, limit: Int = 4096) -> String? {
        var result: [UInt8] = []
        while result.count < limit {
            let part = bytes(at: address &+ UInt64(result.count), limit: min(256, limit - result.count))
            if part.isEmpty { return nil }
            if let end = part.firstIndex(of: 0) {
                return String(decoding: result + part[..<end], as: UTF8.self)
            }
            result += part
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The texts of a list of pointers that ends with a null one.
    ///
    /// - Parameters:
    ///   - address: The list.
    ///   - count: The most texts.
    /// - Returns: The texts.
    public borrowing func texts(at address: UInt64, count: Int) -> [String] {
        var result: [String] = []
        while result.count < count {
            let pointer = bytes(at: address &+ UInt64(result.count * 8), limit: 8)
            guard pointer.count == 8 else { return result }
            let place = pointer.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard place != 0, let text = text(at: place, limit: 1024) else { return result }
            result.append(text)
        }
        return result
    }
}
