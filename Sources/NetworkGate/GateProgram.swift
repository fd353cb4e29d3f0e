internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import NetworkRules

/// The program `agentrt-gate`: takes over what agentrt hands to it, gives up its rights, and serves until the container
/// ends. agentrt starts it; spec/init-protocol.md says how.
public enum GateProgram {
    /// Runs to the end.
    public static func run() -> Never {
        let channel: FrameSocket
        let arguments: Arguments
        do {
            arguments = try Arguments(try processArguments().dropFirst())
            channel = FrameSocket(FileDescriptor(owning: arguments.channel))
        } catch {
            tell("\(error)")
            endProcess(2)
        }
        do {
            let input = try receive(channel, arguments)
            try serve(input, channel)
        } catch {
            fail("\(error)", channel)
        }
        endProcess(0)
    }

    private static func serve(_ input: Gate.Input, _ channel: FrameSocket) throws {
        try GatePrivileges.drop()
        MultiThreadedEventLoopGroup.withCurrentThreadAsEventLoop { loop in
            let gate = Gate(input, on: loop)
            gate.start(input).whenComplete { result in
                switch result {
                case .success:
                    // A runtime that is gone does not wait; the container ends with it.
                    do { try channel.send(GateMessage.ready.frame) } catch { return }
                case .failure(let error): fail("\(error)", channel)
                }
                // Kept as long as the loop runs, which is as long as the process.
                withExtendedLifetime(gate) {}
            }
        }
    }

    private static func fail(_ message: String, _ channel: FrameSocket) -> Never {
        // If it cannot be told, the runtime sees the socket close without `ready`.
        _ = try? channel.send(GateMessage.failed(message).frame)
        endProcess(1)
    }

    private static func tell(_ message: String) {
        // Where standard error is closed there is nobody to tell.
        _ = try? UnownedDescriptor(2).write(Array("agentrt-gate: \(message)\n".utf8))
    }

    // MARK: What is handed over

    private static func receive(_ channel: FrameSocket, _ arguments: Arguments) throws -> Gate.Input {
        var rules: [UInt8] = []
        var sockets: [(kind: GateMessage.Socket, descriptor: Int32)] = []
        receiving: while true {
            guard let (bytes, boxes) = try channel.receive() else { throw GateError("agentrt is gone") }
            switch GateMessage(frame: bytes) {
            case .rules(let part): rules += part
            case .sockets(let kinds) where kinds.count == boxes.count:
                for (kind, box) in zip(kinds, boxes) {
                    sockets.append((kind, try box.descriptor.duplicated().release()))
                }
            case .complete: break receiving
            default: throw GateError("a message out of turn")
            }
        }
        let descriptors = try GatePrivileges.raiseDescriptorLimit(to: 2 * 1024 + 512)
        // Two a connection; the rest is for listeners, questions and the gate itself.
        let mostConnections = min(1024, (Int(clamping: descriptors) - 384) / 2)
        guard mostConnections > 0 else { throw GateError("the limit of \(descriptors) open files is too low") }
        return Gate.Input(
            allowed: try AllowList(annotation: rules),
            host: HostResolver(
                resolverConfiguration: try contents(arguments.resolverConfiguration),
                hosts: try contents(arguments.hosts)),
            sockets: sockets, container: arguments.container, log: arguments.log, mostConnections: mostConnections)
    }

    /// A host without the file has nothing to say in it.
    private static func contents(_ path: String) throws(SystemCallError) -> [UInt8] {
        do throws(SystemCallError) {
            return try readFile(path, limit: 1 << 20)
        } catch  where error.errno == .noSuchFile {
            return []
        }
    }

    /// What stands on the command line: which descriptor is what, and where the host's files are.
    private struct Arguments {
        var channel: Int32 = -1
        var container: Int32 = -1
        var log: Int32 = -1
        var resolverConfiguration = "/etc/resolv.conf"
        var hosts = "/etc/hosts"

        init(_ words: ArraySlice<String>) throws(GateError) {
            for word in words {
                let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2 else { throw GateError("is started by agentrt, not by hand") }
                switch parts[0] {
                case "--channel": channel = try Self.number(parts[1])
                case "--container": container = try Self.number(parts[1])
                case "--log": log = try Self.number(parts[1])
                case "--resolv-conf": resolverConfiguration = parts[1]
                case "--hosts": hosts = parts[1]
                default: throw GateError("unknown option \(quoted(parts[0]))")
                }
            }
            guard channel > 2, container > 2, log > 2 else { throw GateError("is started by agentrt, not by hand") }
        }

        private static func number(_ text: String) throws(GateError) -> Int32 {
            guard let number = Int32(text), UnownedDescriptor(number).isOpen else {
                throw GateError("\(quoted(text)) is no open descriptor")
            }
            return number
        }
    }
}

/// What one line says.
struct GateError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
