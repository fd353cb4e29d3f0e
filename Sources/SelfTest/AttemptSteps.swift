internal import LinuxSystem

/// The steps that several attempts share.
enum Steps {
    /// The words by which the payload says that it ran; see ``Probe``.
    static let payloadWords = ["payload", "selftest-probe", "payload"]

    /// To open a file that has no name, in the directory that is opened (O_TMPFILE).
    static let withoutName = OpenFlags(rawValue: 0o20_000_000).union([.directory, .readWrite])

    /// Makes one call, which must be refused.
    ///
    /// - Parameters:
    ///   - name: The call.
    ///   - arguments: Its arguments.
    /// - Returns: The body of an attempt.
    static func call(_ name: String, _ arguments: CallArgument...) -> Attempt.Body {
        { _ throws(SystemCallError) in
            let result = try attempt(name, arguments)
            return .succeeded("\(name) gave \(result)")
        }
    }

    /// Opens a path, which must be refused, and tells what it holds.
    static func read(_ path: @escaping @Sendable (Surroundings) -> String) -> Attempt.Body {
        { place throws(SystemCallError) in
            let file = try openFile(path(place), [.readOnly, .nonBlocking])
            let bytes = try file.read(upTo: 4096)
            return .succeeded("read \(bytes.count) bytes of \(path(place))")
        }
    }

    /// Lists a directory, which must be refused.
    static func list(_ path: @escaping @Sendable (Surroundings) -> String) -> Attempt.Body {
        { place throws(SystemCallError) in
            let names = try directoryEntries(path(place))
            return .succeeded("\(path(place)) holds \(names.count) names")
        }
    }

    /// Opens a path for writing, which must be refused; writes nothing.
    static func write(
        _ flags: OpenFlags = .writeOnly, _ path: @escaping @Sendable (Surroundings) -> String
    ) -> Attempt.Body {
        { place throws(SystemCallError) in
            _ = try openFile(path(place), flags, mode: 0o666)
            return .succeeded("\(path(place)) is open for writing")
        }
    }

    /// Executes a path, which must be refused; where it is not, the payload tells.
    static func execute(_ path: @escaping @Sendable (Surroundings) throws(SystemCallError) -> String) -> Attempt.Body {
        { place throws(SystemCallError) in throw attemptExecution(try path(place), payloadWords) }
    }

    /// Copies the payload to a path that may be written, ready to be executed.
    static func copyPayload(_ place: Surroundings, to path: String) throws(SystemCallError) -> String {
        try copy(place.unlisted, to: path)
    }

    /// Copies a program.
    static func copy(_ source: String, to path: String) throws(SystemCallError) -> String {
        let file = try openFile(path, [.writeOnly, .create, .truncate], mode: 0o755)
        try copy(source, into: file)
        return path
    }

    /// Copies a file into an open one.
    static func copy(_ source: String, into file: borrowing FileDescriptor) throws(SystemCallError) {
        let source = try openFile(source, .readOnly)
        while true {
            let bytes = try source.read(upTo: 1 << 20)
            if bytes.isEmpty { return }
            try file.write(bytes)
        }
    }

    /// The dynamic loader of this machine.
    static var loader: String? {
        let known = [
            "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1",
            "/lib/ld-musl-aarch64.so.1",
        ]
        // What cannot be looked at is not there, for this purpose.
        return known.first { ((try? fileStatus($0)) ?? nil) != nil }
    }

    /// Has the loader run a program, which must be refused.
    static func load(
        _ options: [String] = [], _ path: @escaping @Sendable (Surroundings) throws(SystemCallError) -> String
    ) -> Attempt.Body {
        { place throws(SystemCallError) in
            guard let loader else { return .refused("no loader") }
            // bash, which the payload is a copy of here, says what the payload would.
            let script = "printf 'succeeded\\tran\\n'"
            throw attemptExecution(loader, [loader] + options + [try path(place), "-c", script])
        }
    }

    /// A socket address of IPv4 (ip(7)), in the order of bytes on the wire.
    static func address(_ host: [UInt8], port: Int) -> CallArgument {
        .bytes([2, 0, UInt8(port >> 8 & 0xFF), UInt8(port & 0xFF)] + host + [UInt8](repeating: 0, count: 8))
    }

    /// A socket address of a unix socket (unix(7)); an abstract one begins with NUL.
    static func unixAddress(_ name: [UInt8]) -> (argument: CallArgument, length: CallArgument) {
        (.bytes([1, 0] + name), .number(2 + name.count))
    }

    /// Connects a stream to a unix socket.
    ///
    /// - Parameter name: As for ``unixAddress(_:)``.
    /// - Throws: ``SystemCallError``: how the attempt was refused.
    static func connect(toUnixSocket name: [UInt8]) throws(SystemCallError) {
        let socket = try socket(1, 1)
        let (address, length) = unixAddress(name)
        try attempt("connect", .descriptor(socket), address, length)
    }

    /// Makes a socket; the descriptor is closed with its owner.
    static func socket(_ family: Int, _ type: Int, _ protocolNumber: Int = 0) throws(SystemCallError) -> FileDescriptor
    {
        let closeOnExec = 0o2_000_000
        return FileDescriptor(
            owning: Int32(
                try attempt("socket", [.number(family), .number(type | closeOnExec), .number(protocolNumber)])))
    }

    /// Makes a child by clone(2) with more flags, which ends at once with 0.
    static func clone(_ flags: Int) throws(SystemCallError) {
        let childSignal = 17
        if try attempt("clone", .number(flags | childSignal), 0, 0, 0, 0) == 0 { endProcess(0) }
    }

    /// A body that makes a child in a new namespace, which must be refused.
    static func cloneInto(_ flags: Int) -> Attempt.Body {
        { _ throws(SystemCallError) in
            try clone(flags)
            _ = try reapAnyChild(blocks: true)
            return .succeeded("a child in a new namespace")
        }
    }

    /// Listens on a port of 127.0.0.1 that is free.
    static func listenOnLoopback() throws(SystemCallError) -> (socket: FileDescriptorBox, port: Int) {
        let socket = try socket(2, 1)
        for _ in 0..<100 {
            let random = try randomBytes(2)
            let port = 20000 + (Int(random[0]) << 8 | Int(random[1])) % 12000
            do throws(SystemCallError) {
                try attempt("bind", .descriptor(socket), address([127, 0, 0, 1], port: port), 16)
            } catch  where error.errno == .addressInUse {
                continue
            }
            try attempt("listen", .descriptor(socket), 16)
            return (FileDescriptorBox(socket), port)
        }
        throw SystemCallError(call: "bind", object: "127.0.0.1", errno: .addressInUse)
    }
}
