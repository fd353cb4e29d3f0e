public import JSON
internal import LinuxSystem
internal import NetworkRules

/// Where the gate of a network by name finds what the host knows of names.
public struct GateOptions: Equatable, Sendable {
    /// The host's resolv.conf(5).
    public var resolverConfiguration = "/etc/resolv.conf"
    /// The host's hosts(5).
    public var hosts = "/etc/hosts"
}

/// The gate of one container: the program beside agentrt that answers for its names and carries its connections.
///
/// It ends with the container's first process, whatever becomes of the runtime.
final class GateProcess {
    private let allowed: AllowList
    private let options: GateOptions
    private let path: String
    /// The end that runtime and init hold, and the gate's.
    private var ownEnd: FrameSocket?
    private var gateEnd: FrameSocket?
    private var process: ProcessHandle?

    /// The program's name; it stands where agentrt does.
    private static let programName = "agentrt-gate"
    /// What it refused, in the container's state directory.
    private static let logName = "network.log"

    /// Finds the program.
    ///
    /// - Parameters:
    ///   - allowed: What may be reached.
    ///   - options: Where names are looked up.
    /// - Throws: ``RuntimeError`` where it is not there.
    init(_ allowed: AllowList, _ options: GateOptions) throws(RuntimeError) {
        self.allowed = allowed
        self.options = options
        let own = try during("/proc/self/exe") { try canonicalPath("/proc/self/exe") }
        path = own.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/" + Self.programName
        guard try during("network", { try fileStatus(path) })?.kind == .regular else {
            throw RuntimeError(
                "network by name needs \(quoted(path)), which is not there: install both programs in one directory")
        }
    }

    /// Makes the connection over which init hands the sockets over.
    func connect() throws(RuntimeError) -> GateSockets {
        let (own, gate) = try during("socketpair") { try FrameSocket.pair() }
        let ownEnd = FrameSocket(FileDescriptor(owning: own))
        (self.ownEnd, gateEnd) = (ownEnd, FrameSocket(FileDescriptor(owning: gate)))
        let rules = JSONWriter.bytes(allowed)
        for start in stride(from: 0, to: rules.count, by: Self.partSize) {
            let part = Array(rules[start..<min(start + Self.partSize, rules.count)])
            try during("network gate") { try ownEnd.send(GateMessage.rules(part).frame) }
        }
        return GateSockets(ownEnd)
    }

    private static let partSize = 8192

    /// Leaves init with nothing but its own hold of the connection.
    func closeInInit() { (ownEnd, gateEnd) = (nil, nil) }

    /// Starts the program.
    ///
    /// - Parameters:
    ///   - container: The container's first process, with which it ends.
    ///   - directory: The container's state directory, where it says what it refused.
    /// - Throws: ``RuntimeError``.
    func start(container: ProcessHandle, in directory: borrowing FileDescriptor) throws(RuntimeError) {
        guard let channel = gateEnd else { preconditionFailure("the gate is started twice") }
        let log = FileDescriptorBox(
            try during(Self.logName) {
                try directory.open(Self.logName, [.writeOnly, .append, .create, .exclusive], mode: 0o600)
            })
        let null = FileDescriptorBox(try during("/dev/null") { try openFile("/dev/null", .readWrite) })
        let given = [channel.descriptor.rawValue, container.descriptor.rawValue, log.descriptor.rawValue]
        let arguments = CStringBlock([
            path, "--channel=\(given[0])", "--container=\(given[1])", "--log=\(given[2])",
            "--resolv-conf=\(options.resolverConfiguration)", "--hosts=\(options.hosts)",
        ])
        let (program, environment) = (CStringBlock([path]), CStringBlock([]))
        switch try during("clone", { try cloneProcess([]) }) {
        case .child:
            // Away from the caller's terminal and descriptors: it may outlive the runtime.
            startSession()
            do throws(SystemCallError) {
                for number in Int32(0)...2 { try null.descriptor.duplicate(onto: number) }
                try closeOnExec(from: 3)
                for number in given { try UnownedDescriptor(number).keepOnExec() }
                try changeDirectory("/")
            } catch {
                endProcess(126)
            }
            Signals.resetActions()
            Signals.unblockAll()
            _ = execute(program, arguments, environment)
            endProcess(127)
        case .parent(_, let process):
            self.process = process
            gateEnd = nil
        }
    }

    /// Waits until it answers.
    ///
    /// - Throws: ``RuntimeError`` with its own words, or that it is gone.
    func awaitReady() throws(RuntimeError) {
        guard let channel = ownEnd, let process else { return }
        ownEnd = nil
        let isThere = try during("network gate") {
            try waitUntilReady([channel.descriptor.rawValue], milliseconds: 30_000)[0]
        }
        guard isThere else { throw RuntimeError("network gate: does not answer") }
        guard let frame = try during("network gate", { try channel.receive() }) else {
            let end = try during("network gate") { try process.waitForEnd() }
            self.process = nil
            throw RuntimeError("network gate: \(Self.text(end))")
        }
        switch GateMessage(frame: frame.bytes) {
        case .ready: return
        case .failed(let message): throw RuntimeError("network gate: \(message)")
        default: throw RuntimeError("network gate: a message out of turn")
        }
    }

    private static func text(_ end: ProcessEnd) -> String {
        switch end {
        case .exited(let status): "ended with status \(status)"
        case .signalled(let signal): "was killed by signal \(Signals.name(signal))"
        }
    }

    // MARK: The end

    /// Ends it at once.
    func kill() throws(RuntimeError) {
        (ownEnd, gateEnd) = (nil, nil)
        guard let process else { return }
        self.process = nil
        try during("network gate") { () throws(SystemCallError) in
            try process.send(signal: Signals.kill)
            _ = try process.waitForEnd()
        }
    }

    /// Waits, after the container has ended, until what it sent is out, and learns what was refused.
    ///
    /// - Parameters:
    ///   - state: The container's state directory; nil where it is gone.
    ///   - report: Told where the gate did not end by itself.
    /// - Returns: What was refused.
    /// - Throws: ``RuntimeError``.
    func finish(in state: StateDirectory?, report: (String) -> Void) throws(RuntimeError) -> [NetworkRefusal] {
        if let process {
            // It gives itself a second.
            let hasEnded = try during("network gate") {
                try waitUntilReady([process.descriptor.rawValue], milliseconds: 5000)[0]
            }
            if hasEnded {
                self.process = nil
                let end = try during("network gate") { try process.waitForEnd() }
                if end != .exited(0) { report("network gate: \(Self.text(end))") }
            } else {
                report("network gate: did not end, and is killed")
                try kill()
            }
        }
        guard let state else { return [] }
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes = try state.directory.open(Self.logName, .readOnly).readAll(limit: 1 << 20)
        } catch  where error.errno == .noSuchFile {
            return []  // Somebody else has deleted the container.
        } catch {
            throw RuntimeError("\(Self.logName): \(error)")
        }
        return try bytes.split(separator: 10).map { line throws(RuntimeError) in
            try during(Self.logName) { try NetworkRefusal(json: JSONParser.parse(Array(line))) }
        }
    }
}

/// Something that the gate of a network by name refused, or could not do.
public struct NetworkRefusal: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// `name`: a name that is not permitted was asked for; `address`: a connection to one; `answer`: a permitted name has
    /// no address, or one that is not permitted; `failure`: a permitted connection was not accepted; `more`: there were
    /// more of these than are told.
    public let kind: String
    /// The name, if there is one.
    public let name: String?
    /// The address, if there is one.
    public let address: String?
    /// The port of a connection.
    public let port: UInt16?
    /// Why.
    public let reason: String?

    /// Reads a line of the gate.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        kind = try object.required("kind")
        name = try object.optional("name")
        address = try object.optional("address")
        port = try object.optional("port")
        reason = try object.optional("reason")
    }

    /// The same members.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("kind", kind)
        object.encode("name", name)
        object.encode("address", address)
        object.encode("port", port)
        object.encode("reason", reason)
        return object.json
    }
}
