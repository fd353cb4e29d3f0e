internal import NIOCore
internal import NetworkRules

/// Finds the addresses of names as the host does: its list of hosts, then its name servers; and keeps them for a while.
///
/// Used on the loop's thread alone.
final class Resolver: @unchecked Sendable {
    private let loop: any EventLoop
    private let host: HostResolver
    private var kept: [String: (outcome: Outcome, until: NIODeadline)] = [:]
    private var waiting: [String: [(Outcome) -> Void]] = [:]
    /// The most names that are asked for at the same time.
    static let mostLookups = 64

    /// What became of a name.
    enum Outcome: Equatable {
        /// Its addresses, at least one: those of version 4 first.
        case addresses([NetworkAddress])
        /// There is no such name.
        case noSuchName
        /// There is, without an address.
        case noAddress
        /// Nobody could say.
        case failed
    }

    init(_ host: HostResolver, on loop: any EventLoop) {
        self.host = host
        self.loop = loop
    }

    /// Looks a name up.
    ///
    /// - Parameters:
    ///   - name: The name in its one form.
    ///   - completion: Told the outcome, perhaps at once.
    func resolve(_ name: String, _ completion: @escaping (Outcome) -> Void) {
        if let (outcome, until) = kept[name], .now() < until { return completion(outcome) }
        if let addresses = host.hosts[name] { return completion(.addresses(addresses)) }
        if waiting[name] != nil {
            waiting[name]?.append(completion)
            return
        }
        guard waiting.count < Self.mostLookups else { return completion(.failed) }
        waiting[name] = [completion]
        ask(name)
    }

    /// Asks for addresses of both versions at the same time.
    private func ask(_ name: String) {
        let question = Question()
        for type in [DNS.typeA, DNS.typeAAAA] {
            UpstreamLookup(name, type, resolver: host, on: loop) { [self] outcome in
                question.answers[type] = outcome
                question.missing -= 1
                if question.missing == 0 { return finish(name, question) }
                // The other answer may be late, or never come from a server that does not know of AAAA (RFC 8305,
                // section 3).
                guard case .addresses(let found, _)? = outcome, !found.isEmpty else { return }
                loop.scheduleTask(in: .milliseconds(50)) { self.finish(name, question) }
            }.start()
        }
    }

    /// Two lookups of one name.
    private final class Question: @unchecked Sendable {
        var answers: [UInt16: DNSUpstreamQuery.Outcome] = [:]
        var missing = 2
        var isOver = false
    }

    private func finish(_ name: String, _ question: Question) {
        if question.isOver { return }
        question.isOver = true
        var (found, timeToLive): ([NetworkAddress], UInt32) = ([], 300)
        var exists = false
        for type in [DNS.typeA, DNS.typeAAAA] {
            guard case .addresses(let addresses, let time)? = question.answers[type] else { continue }
            exists = true
            found += addresses
            if !addresses.isEmpty { timeToLive = min(timeToLive, time) }
        }
        let outcome: Outcome
        if !found.isEmpty {
            outcome = .addresses(found)
        } else if question.answers.values.contains(.noSuchName) {
            outcome = .noSuchName
        } else {
            outcome = exists ? .noAddress : .failed
        }
        keep(outcome, of: name, seconds: found.isEmpty ? 2 : Int64(max(timeToLive, 5)))
        for completion in waiting.removeValue(forKey: name) ?? [] { completion(outcome) }
    }

    private func keep(_ outcome: Outcome, of name: String, seconds: Int64) {
        if kept.count >= 1024 {
            let now = NIODeadline.now()
            kept = kept.filter { now < $0.value.until }
            // All of them in use: what is forgotten is asked for again.
            if kept.count >= 1024 { kept.removeAll() }
        }
        kept[name] = (outcome, .now() + .seconds(seconds))
    }
}
