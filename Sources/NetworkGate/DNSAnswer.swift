internal import NetworkRules

/// A question to the host's name servers, and what they answer.
struct DNSUpstreamQuery {
    let id: UInt16
    let name: String
    let type: UInt16

    /// The message.
    var bytes: [UInt8] {
        // RD; one question.
        var bytes = DNS.bytes(id) + [1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        for label in name.utf8.split(separator: UInt8(ascii: ".")) { bytes += [UInt8(label.count)] + label }
        return bytes + [0] + DNS.bytes(type) + DNS.bytes(DNS.classInternet)
    }

    /// An answer.
    enum Outcome: Equatable {
        /// The addresses, perhaps none, and for how many seconds they hold.
        case addresses([NetworkAddress], timeToLive: UInt32)
        case noSuchName
        /// The server cannot say.
        case failed(UInt8)
        /// It did not fit into a datagram.
        case truncated
    }

    /// Reads an answer; nil where it is none to this question, so that a forged one is passed over.
    func outcome(of bytes: [UInt8]) -> Outcome? {
        var reader = DNS.Reader(bytes)
        guard reader.word() == id, let flags = reader.word(), flags & 0x8000 != 0, let questions = reader.word(),
            let answers = reader.word(), reader.word() != nil, reader.word() != nil
        else { return nil }
        let code = UInt8(flags & 0xF)
        // A server that could not read the question need not repeat it.
        if questions == 0, code != 0 { return .failed(code) }
        guard questions == 1, let asked = reader.name(followsPointers: false), DNS.hostName(asked) == name,
            reader.word() == type, reader.word() == DNS.classInternet
        else { return nil }
        if flags & 0x0200 != 0 { return .truncated }
        switch DNS.ResponseCode(rawValue: code) {
        case .noError: return addresses(&reader, count: Int(answers))
        case .noSuchName: return .noSuchName
        default: return .failed(code)
        }
    }

    private func addresses(_ reader: inout DNS.Reader, count: Int) -> Outcome? {
        var aliases: [String: (target: String, timeToLive: UInt32)] = [:]
        var found: [String: [(address: NetworkAddress, timeToLive: UInt32)]] = [:]
        for _ in 0..<count {
            guard let owner = reader.name(followsPointers: true), let type = reader.word(), let kind = reader.word(),
                let timeToLive = reader.longWord(), let length = reader.word()
            else { return nil }
            let start = reader.position
            guard let data = reader.slice(Int(length)) else { return nil }
            guard kind == DNS.classInternet, let owner = DNS.hostName(owner) else { continue }
            if type == DNS.typeCNAME {
                var inner = DNS.Reader(reader.bytes, at: start)
                guard let target = inner.name(followsPointers: true).flatMap(DNS.hostName) else { continue }
                aliases[owner] = (target, timeToLive)
            } else if type == self.type, data.count == (type == DNS.typeA ? 4 : 16),
                let address = NetworkAddress(bytes: data)
            {
                found[owner, default: []].append((address.unmapped, timeToLive))
            }
        }
        var (owner, timeToLive) = (name, UInt32.max)
        // A chain has a few links; a ring has no end.
        for _ in 0..<16 {
            guard let alias = aliases[owner] else { break }
            (owner, timeToLive) = (alias.target, min(timeToLive, alias.timeToLive))
        }
        let answers = found[owner]?.prefix(32) ?? []
        return .addresses(answers.map(\.address), timeToLive: answers.reduce(timeToLive) { min($0, $1.timeToLive) })
    }
}
