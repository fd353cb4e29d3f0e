import Glibc
import JSON
import Testing

/// The network that a gate reaches: name server and servers in a network namespace that the test makes, and never the
/// machine's own network. Tests/NetworkHost/network-host.py says what is in it.
final class NetworkHost {
    private let process: RunningProcess
    /// What the gate takes for the host's resolv.conf and hosts.
    let resolverConfiguration: String
    let hosts: String

    init(_ scratch: Scratch) throws {
        resolverConfiguration = try scratch.makeFile(
            "resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        hosts = try scratch.makeFile("hosts", "127.0.0.1 localhost own.test\n203.0.113.10 listed.test\n")
        process = try Command(
            "/usr/bin/unshare", ["--net", "/usr/bin/python3", Self.file("network-host.py")]
        ).start()
        try process.waitForOutput("ready")
    }

    static func file(_ name: String) -> String { Runtime.projectRoot + "/Tests/NetworkHost/" + name }

    /// The same command, run in this network.
    func inside(_ command: Command) -> Command {
        var inside = command
        inside.program = "/usr/bin/nsenter"
        inside.arguments = ["--net=/proc/\(process.pid)/ns/net", "--"]
        if let user = command.user, user != geteuid() {
            inside.arguments += [
                "/usr/bin/setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups", "--",
            ]
        }
        inside.user = nil
        inside.arguments += [command.program] + command.arguments
        inside.environment["AGENTRT_RESOLV_CONF"] = resolverConfiguration
        inside.environment["AGENTRT_HOSTS"] = hosts
        return inside
    }

    /// What was asked and who came: `question NAME TYPE`, `connection ADDRESS:PORT`.
    var events: [String] { process.standardOutput.split(separator: "\n").map(String.init) }
    var questions: Set<String> {
        Set(
            events.filter { $0.hasPrefix("question ") }.compactMap {
                $0.split(separator: " ").dropFirst().first.map(String.init)
            })
    }
    var connections: [String] { events.filter { $0.hasPrefix("connection ") }.map { String($0.dropFirst(11)) } }
}

/// A project whose profile allows some names and addresses, in the network of a ``NetworkHost``.
final class NetworkSandbox {
    let project: SandboxedProject
    let host: NetworkHost
    /// What `--report` wrote in the last run.
    private(set) var report = Node.null

    /// A sandbox of a profile with these entries of `network.allow`.
    init(_ identity: Identity, allow: [String]) throws {
        let list = allow.map { "\"\($0)\"" }.joined(separator: ", ")
        project = try SandboxedProject(
            identity,
            executables: ["/usr/bin/bash", "/usr/bin/curl", "/usr/bin/getent", "/usr/bin/python3", "/usr/bin/sleep"],
            more: ",\n\"network\": { \"allow\": [\(list)] }")
        host = try NetworkHost(project.scratch)
        try Files.write(Files.read(NetworkHost.file("client.py")), to: project.directory + "/client.py")
        try check(chown(project.directory + "/client.py", identity.owner, identity.owner), "chown", project.directory)
    }

    /// A command in the sandbox.
    func command(_ words: String..., options: [String] = []) throws -> Command {
        try host.inside(project.command(words, options, .nothing))
    }

    /// Runs a command in the sandbox, and reads the report.
    func run(_ words: String...) throws -> Output {
        let path = try project.scratch.path("report-\(uniqueNumber())")
        let output = try host.inside(project.command(words, ["--report", path], .nothing)).run(timeout: 120)
        report = try Node(parsing: Files.read(path))
        return output
    }

    /// What an expression of Python, with Tests/NetworkHost/client.py at hand, comes to in the sandbox.
    func value(_ expression: String) throws -> String {
        let output = try run("python3", "-c", "from client import *\nprint(\(expression))").succeeded()
        return output.standardOutput.trimmed
    }

    /// The refusals of the report, a line each: `KIND NAME ADDRESS PORT`, what is missing left out.
    var refusals: [String] {
        report["network"].elements.map { entry in
            [entry["kind"].text, entry["name"].text, entry["address"].text, entry["port"].number.map(String.init)]
                .compactMap { $0 }.joined(separator: " ")
        }
    }
}

extension String {
    /// Without line feeds at the end.
    var trimmed: String {
        var text = self
        while text.hasSuffix("\n") { text.removeLast() }
        return text
    }
}
