internal import LinuxSystem

/// Who is told of calls that a container's processes make; they are never held up for longer than that takes.
public struct CallWatch {
    /// Whether files that are opened are told too, not only programs and connections.
    let tellsOpens: Bool
    /// Asked of each call whether it is to be told: most are not, and then no more is read of their processes.
    let wants: (ObservedCall.Kind, String) -> Bool
    /// Told of each call that is wanted.
    let tell: (ObservedCall) -> Void

    /// A watch.
    ///
    /// - Parameters:
    ///   - tellsOpens: Whether files that are opened are told too.
    ///   - wants: Asked first, with what is done and with what.
    ///   - tell: Told of each call that is wanted, before the kernel carries it out.
    public init(
        tellsOpens: Bool, wants: @escaping (ObservedCall.Kind, String) -> Bool, tell: @escaping (ObservedCall) -> Void
    ) {
        self.tellsOpens = tellsOpens
        self.wants = wants
        self.tell = tell
    }

    /// The calls it is told of.
    var calls: [String] {
        ["execve", "execveat", "connect"] + (tellsOpens ? ["open", "openat", "openat2", "creat"] : [])
    }
}

/// A call that a process of a container is about to make.
///
/// The process can change its memory after it was read: what is told is what it asked for, as far as it can be known.
public struct ObservedCall: Equatable, Sendable {
    /// What is done.
    public enum Kind: String, Sendable {
        /// A program is executed.
        case execute = "exec"
        /// A connection is made.
        case connect
        /// A file is opened for reading.
        case read
        /// A file is opened for writing, or made.
        case write
    }

    /// What is done.
    public let kind: Kind
    /// The process, as this host numbers it.
    public let pid: Int32
    /// With what: an absolute path in the container, `ADDRESS:PORT`, or `@NAME` of an abstract socket.
    public let target: String
    /// Of a program the arguments, at most 32.
    public let arguments: [String]
}

/// The container's side of a watch: the filter, and the socket by which its listener leaves.
struct CallWatchEnd {
    let filters: [InstallableSeccompFilter]
    let socket: Int32
    /// Whether the unix sockets of this network namespace are told too (``ConnectionSupervisor``).
    let sendsSocketTable: Bool
    /// Sockets that are reached as well.
    let listedSockets: [String]
    /// Where the container has file systems in memory to itself.
    let freshPlaces: [String]

    /// How many there can be: a frame has 16 descriptors.
    static let socketLimit = 14

    /// Installs the filter in this process, and sends its listener out.
    func install() throws(RuntimeError) {
        try during("watch") { () throws(SystemCallError) in
            let table = sendsSocketTable ? FileDescriptorBox(try UnixSocketTable.open()) : nil
            // Before the filter, of which opening may be a call.
            let sockets = try openListedSockets()
            var bytes: [UInt8] = [table == nil ? 0 : 1]
            for place in freshPlaces {
                guard let device = try fileStatus(place)?.device else { continue }
                for number in [device.major, device.minor] { bytes += (0..<4).map { UInt8(number >> ($0 * 8) & 255) } }
            }
            let listener = try CallListener.install(filters)
            let others = (table.map { [$0] } ?? []) + sockets
            let numbers = [listener.rawValue] + others.map { $0.descriptor.rawValue }
            try FrameSocket(FileDescriptor(owning: socket)).send(bytes, descriptors: numbers)
            withExtendedLifetime(others) {}
        }
    }
}

extension CallWatchEnd {
    /// The listed sockets, held so that they stay the same; one that is not there now is not reached.
    private func openListedSockets() throws(SystemCallError) -> [FileDescriptorBox] {
        var sockets: [FileDescriptorBox] = []
        for path in listedSockets {
            do throws(SystemCallError) {
                sockets.append(FileDescriptorBox(try openFile(path, [.path, .noFollow])))
            } catch  where error.errno == .noSuchFile {
                continue
            }
        }
        return sockets
    }
}

/// The runtime's side of a watch.
final class CallObserver {
    private let watch: CallWatch?
    private let socket: FrameSocket
    private let supervises: Bool
    private var supervisor: ConnectionSupervisor?
    private var listener: CallListener?
    private var hasEnded = false
    private let numbers: [Int32: String]
    /// The calls that are told.
    let calls: [String]

    /// The observer.
    ///
    /// - Parameters:
    ///   - watch: Who is told; nil where nobody asked.
    ///   - socket: Where the listener comes from.
    ///   - supervises: Whether connections are made in the container's stead.
    init(_ watch: CallWatch?, _ socket: FrameSocket, supervises: Bool) {
        self.watch = watch
        self.socket = socket
        self.supervises = supervises
        calls = watch?.calls ?? ["connect"]
        var numbers: [Int32: String] = [:]
        for name in calls { if let number = CallListener.number(of: name) { numbers[number] = name } }
        self.numbers = numbers
    }

    /// What to wait for; a negative number for nothing.
    var number: Int32 { hasEnded ? -1 : listener?.descriptor.rawValue ?? socket.descriptor.rawValue }

    /// Takes what waits.
    func attend() throws(RuntimeError) {
        guard let listener else {
            let frame = try during("watch") { try socket.receive() }
            guard let descriptor = frame?.descriptors.first else {
                hasEnded = true  // The program was never started, which is told elsewhere.
                return
            }
            let listener = CallListener(descriptor)
            self.listener = listener
            guard supervises, let bytes = frame?.bytes else { return }
            let others = frame?.descriptors.dropFirst() ?? []
            let hasTable = bytes.first == 1
            let numbers = stride(from: 1, to: bytes.count - 3, by: 4).map { start in
                bytes[start..<(start + 4)].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            }
            let devices = stride(from: 0, to: numbers.count - 1, by: 2).map {
                DeviceNumber(major: numbers[$0], minor: numbers[$0 + 1])
            }
            supervisor = try during("watch") { () throws(SystemCallError) in
                try ConnectionSupervisor(
                    listener, freshDevices: devices, table: hasTable ? others.first : nil,
                    listed: Array(others.dropFirst(hasTable ? 1 : 0)))
            }
            return
        }
        let state = listener.state()
        guard state.hasCall else {
            hasEnded = state.hasEnded
            return
        }
        guard let call = try during("watch", { try listener.next() }) else { return }
        let observed = observe(call)
        // A process that has gone may have left its number to another one.
        let isObserved = listener.isWaiting(call)
        guard let supervisor, numbers[call.number] == "connect" else {
            if let observed, isObserved { watch?.tell(observed) }
            return try during("watch") { try listener.resume(call) }
        }
        let isRefused = try supervisor.connect(call)
        // The plan does not know which unix sockets the container has made meanwhile.
        guard let observed, isObserved, isRefused || !observed.target.hasPrefix("/") else { return }
        watch?.tell(observed)
    }

    /// What must become writable, and how long to wait at most, for ``finishConnections()``.
    var connections: (descriptors: [Int32], milliseconds: Int64?) {
        (supervisor?.descriptors ?? [], supervisor?.patience)
    }

    /// Answers connections that were begun, as far as they have come out.
    func finishConnections() throws(RuntimeError) { try supervisor?.finish() }

    private func observe(_ call: CallListener.Call) -> ObservedCall? {
        // What cannot be looked into is not told; it goes on all the same.
        guard let watch, let name = numbers[call.number], let memory = try? ProcessMemory(of: call.pid) else {
            return nil
        }
        let words = call.arguments
        func observed(_ kind: ObservedCall.Kind, _ target: String?, _ arguments: UInt64? = nil) -> ObservedCall? {
            guard let target, watch.wants(kind, target) else { return nil }
            return ObservedCall(
                kind: kind, pid: call.pid, target: target,
                arguments: arguments.map { memory.texts(at: $0, count: 32) } ?? [])
        }
        func path(_ directory: UInt64?, _ address: UInt64) -> String? {
            Self.absolute(memory.text(at: address), in: directory, of: call.pid)
        }
        switch name {
        case "execve": return observed(.execute, path(nil, words[0]), words[1])
        case "execveat": return observed(.execute, path(words[0], words[1]), words[2])
        case "connect":
            let bytes = memory.bytes(at: words[1], limit: Int(min(words[2], 128)))
            guard let target = SocketTarget.text(bytes) else { return nil }
            return observed(.connect, target.hasPrefix("./") ? Self.absolute(target, in: nil, of: call.pid) : target)
        case "open": return observed(Self.kind(words[1]), path(nil, words[0]))
        case "creat": return observed(.write, path(nil, words[0]))
        case "openat": return observed(Self.kind(words[2]), path(words[0], words[1]))
        case "openat2":
            let flags = memory.bytes(at: words[2], limit: 8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return observed(Self.kind(flags), path(words[0], words[1]))
        default: return nil
        }
    }

    /// O_WRONLY, O_RDWR and O_CREAT.
    private static func kind(_ flags: UInt64) -> ObservedCall.Kind { flags & 0x43 == 0 ? .read : .write }

    /// A path from the root, as the process sees it.
    private static func absolute(_ path: String?, in directory: UInt64?, of pid: Int32) -> String? {
        guard let path else { return nil }
        if path.utf8.first == UInt8(ascii: "/") { return path }
        // AT_FDCWD is -100.
        let number = directory.map { Int32(truncatingIfNeeded: $0) } ?? -100
        let link = number == -100 ? "/proc/\(pid)/cwd" : "/proc/\(pid)/fd/\(number)"
        // A directory that cannot be named is none that a rule speaks of.
        guard let start = try? linkTarget(link), start.utf8.first == UInt8(ascii: "/") else { return nil }
        return path.isEmpty ? start : start + "/" + path
    }
}

/// Whom a socket address means (ip(7), ipv6(7), unix(7)).
enum SocketTarget {
    /// The address as text; nil for families that lead nowhere.
    static func text(_ bytes: [UInt8]) -> String? {
        guard bytes.count >= 2 else { return nil }
        let port = bytes.count >= 4 ? UInt16(bytes[2]) << 8 | UInt16(bytes[3]) : 0
        switch UInt16(bytes[0]) | UInt16(bytes[1]) << 8 {
        case 1:
            guard let first = bytes.dropFirst(2).first else { return nil }
            if first == 0 { return "@" + String(decoding: bytes.dropFirst(3), as: UTF8.self) }
            let path = String(decoding: bytes.dropFirst(2).prefix { $0 != 0 }, as: UTF8.self)
            return path.hasPrefix("/") ? path : "./" + path
        case 2 where bytes.count >= 8: return bytes[4..<8].map { "\($0)" }.joined(separator: ".") + ":\(port)"
        case 10 where bytes.count >= 24:
            let groups = stride(from: 8, to: 24, by: 2).map { index in
                String(UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]), radix: 16)
            }
            return "[\(groups.joined(separator: ":"))]:\(port)"
        default: return nil
        }
    }
}
