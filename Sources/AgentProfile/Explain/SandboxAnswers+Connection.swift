internal import LinuxSystem
internal import NetworkRules

extension SandboxAnswers {
    /// Whether connect(2) reaches something outside, or could reach a server of the sandbox's own.
    func connect(_ target: String) -> Verdict {
        if target.utf8.first == UInt8(ascii: "/") { return connectSocket(target) }
        if target.utf8.first == UInt8(ascii: "@") {
            if policy.unixSockets == .none {
                return .no(.seccomp, "EACCES", unixSocketRule, "no unix socket can be made")
            }
            return policy.network == .host
                ? .yes(.network, networkRule, "the network is the host's, with its abstract sockets")
                : .no(
                    .network, "ECONNREFUSED", networkRule,
                    "abstract sockets are those of the sandbox's own network namespace")
        }
        guard let destination = Destination(target) else {
            return .no(
                .kernel, "EINVAL", networkRule, "it is neither HOST:PORT nor an address nor the path of a socket")
        }
        switch policy.network {
        case .host: return .yes(.network, networkRule, "the network is the host's")
        case .none:
            if destination.isLoopback { return .yes(.network, networkRule, Self.ownLoopback) }
            return .no(
                .network, destination.address == nil ? "EAI_AGAIN" : "ENETUNREACH", networkRule,
                destination.address == nil ? "no name server is within reach" : "only loopback is within reach",
                remedy: "say \"network\": { \"allow\": [\(quoted(destination.entry))] }")
        case .allow(let list): return connect(destination, list)
        }
    }

    /// What becomes of a connection that a program makes by its address.
    ///
    /// Who looks a name up asks a server of names first: without a network the question leads to the sandbox's own
    /// loopback, where nobody answers, and the name is never connected to. With a gate the addresses stand for names,
    /// and the gate itself tells what it refuses.
    ///
    /// - Parameter target: The address, or the path of a socket.
    /// - Returns: The answer.
    public func answerAttempt(toConnect target: String) -> Verdict {
        guard let destination = Destination(target), destination.address != nil else { return answer(.connect(target)) }
        switch policy.network {
        case .none where destination.isLoopback && destination.port == 53:
            return .no(
                .network, "ECONNREFUSED", networkRule, "a name is looked up, and no name server is within reach",
                remedy: "say \"network\": { \"allow\": [NAME] }")
        case .allow: return .yes(.gate, networkRule, "the gate decides")
        case .none, .host: return answer(.connect(target))
        }
    }

    private static let ownLoopback = "the sandbox has a loopback of its own: its own servers, not the host's"

    private func connect(_ destination: Destination, _ list: AllowList) -> Verdict {
        for port in destination.ports {
            let index = list.targets.firstIndex { target in
                guard let only = try? AllowList([target]) else { return false }  // One entry is never too many.
                return if let address = destination.address {
                    only.permits(address: address.unmapped, port: port)
                } else {
                    only.permits(name: destination.host, port: port)
                }
            }
            if let index { return .yes(.gate, "\(networkRule).allow[\(index)]", "\(list.targets[index]) permits it") }
        }
        // The gate holds the ports of the list at every address; the others are the sandbox's own.
        if destination.isLoopback, destination.ports.contains(where: { !list.ports.contains($0) }) {
            return .yes(.network, networkRule, Self.ownLoopback)
        }
        if destination.address == nil, !list.permits(name: destination.host) {
            return .no(
                .gate, "EAI_NONAME", networkRule, "no entry of network.allow names it",
                remedy: "add \(quoted(destination.entry)) to network.allow")
        }
        return .no(
            .gate, "ECONNREFUSED", networkRule, "no entry of network.allow names it with this port",
            remedy: "add \(quoted(destination.entry)) to network.allow")
    }

    private func connectSocket(_ path: String) -> Verdict {
        switch tree.way(path) {
        case .refused(let place, let error): return blocked(place, error, asked: path, list: .readOnly)
        case .missing(_, let missing): return absent(missing, .readOnly)
        case .place(let place, _):
            if place.kind == .nothing { return absent(place.path, .readOnly) }
            if place.isDenied { return denied(place, asked: place.path, .readOnly) }
            guard place.kind == .socket else { return .no(.kernel, "ECONNREFUSED", rule(of: place), "it is no socket") }
            guard tree.permits(.write, place) else { return notPermitted(place, "connect to") }
            switch policy.unixSockets {
            case .host:
                return .yes(.mount, rule(of: place), seen(place) + ": a socket that can be seen can be connected to")
            case .own:
                if policy.listedSockets.contains(place.path) {
                    return .yes(.connections, rule(of: place), seen(place) + ": a socket that is listed by itself")
                }
                return .no(
                    .connections, "EACCES", unixSocketRule, seen(place) + ", but is none of the call's own",
                    remedy: "add \(quoted(place.path)) to readOnlyPaths, or say \"unixSockets\": \"host\"")
            case .none:
                return .no(
                    .seccomp, "EACCES", unixSocketRule, "no unix socket can be made",
                    remedy: "say \"unixSockets\": \"host\"")
            }
        }
    }

    /// Where the profile speaks of unix sockets.
    var unixSocketRule: String {
        policy.unixSocketsOrigin.isEmpty
            ? "built-in: a call reaches the unix sockets that it has made" : policy.unixSocketsOrigin
    }

    /// Where the profile speaks of the network.
    var networkRule: String {
        if policy.networkOrigin.isEmpty { return "built-in: no network unless the profile grants one" }
        return policy.networkOrigin
    }

    /// Whom a connection is for.
    struct Destination {
        let host: String
        let address: NetworkAddress?
        /// The port; without one 443 and 80 are tried, as an entry without a port means both.
        let port: UInt16?

        var ports: [UInt16] { port.map { [$0] } ?? [443, 80] }

        var isLoopback: Bool {
            switch address?.unmapped {
            // The unspecified address is this host, too.
            case .v4(let bits): bits >> 24 == 127 || bits == 0
            case .v6(let high, let low): high == 0 && low <= 1
            case nil: host == "localhost"
            }
        }

        /// It as an entry of a profile.
        var entry: String {
            guard let port else { return host }
            return host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
        }

        /// Reads `HOST`, `HOST:PORT`, `[ADDRESS]:PORT` or an address.
        init?(_ text: String) {
            if let address = NetworkAddress(text) {
                (host, self.address, port) = (text, address, nil)
                return
            }
            var name = Substring(text)
            var number: UInt16?
            if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
                guard let parsed = UInt16(text[text.index(after: colon)...]), parsed > 0 else { return nil }
                number = parsed
                name = text[..<colon]
            }
            if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
            port = number
            address = NetworkAddress(name)
            host = address == nil ? name.lowercased() : String(name)
            guard address != nil || HostName.isSound(host) else { return nil }
        }
    }
}
