internal import NetworkRules

/// What the host's /etc/resolv.conf and /etc/hosts say (resolv.conf(5), hosts(5)), as far as the gate needs it: names are
/// absolute, so that search lists have no part in it.
struct HostResolver: Equatable {
    /// The name servers, three at most; without any, this host.
    var servers: [NetworkAddress] = []
    /// How long an answer is waited for, in seconds, and how often all servers are asked.
    var timeout = 3
    var attempts = 2
    /// Names of this host's own list.
    var hosts: [String: [NetworkAddress]] = [:]

    /// Reads the two files' contents.
    init(resolverConfiguration: [UInt8], hosts: [UInt8]) {
        for line in Self.lines(resolverConfiguration) {
            let words = line.split(whereSeparator: \.isWhitespace)
            switch words.first {
            // One with a scope (`fe80::1%eth0`) is no address here.
            case "nameserver" where words.count > 1 && servers.count < 3:
                if let address = NetworkAddress(words[1]) { servers.append(address) }
            case "options":
                for option in words.dropFirst() {
                    if let seconds = Self.number(option, "timeout:") { timeout = min(max(seconds, 1), 5) }
                    if let count = Self.number(option, "attempts:") { attempts = min(max(count, 1), 5) }
                }
            default: continue
            }
        }
        if servers.isEmpty { servers = [.v4(0x7F00_0001)] }
        for line in Self.lines(hosts) {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let first = words.first, let address = NetworkAddress(first) else { continue }
            for name in words.dropFirst() {
                let name = name.lowercased()
                if self.hosts[name, default: []].count < 16 { self.hosts[name, default: []].append(address.unmapped) }
            }
        }
    }

    private static func lines(_ bytes: [UInt8]) -> [Substring] {
        String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map { line in
            line.prefix { $0 != "#" && $0 != ";" }
        }
    }

    private static func number(_ option: Substring, _ name: String) -> Int? {
        option.hasPrefix(name) ? Int(option.dropFirst(name.count)) : nil
    }
}
