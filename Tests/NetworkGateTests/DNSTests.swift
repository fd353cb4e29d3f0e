import NetworkRules
import Testing

@testable import NetworkGate

@Suite struct DNSTests {
    /// A question on the wire.
    private func question(
        _ labels: [[UInt8]], type: UInt16 = DNS.typeA, flags: [UInt8] = [1, 0],
        counts: [UInt8] = [0, 1, 0, 0, 0, 0, 0, 0]
    ) -> [UInt8] {
        [0x12, 0x34] + flags + counts + labels.flatMap { [UInt8($0.count)] + $0 } + [0] + DNS.bytes(type) + [0, 1]
    }

    private func labels(_ name: String) -> [[UInt8]] { name.split(separator: ".").map { Array($0.utf8) } }

    private func query(_ bytes: [UInt8]) throws -> DNSQuery {
        guard case .query(let query) = DNSQuery.read(bytes) else { throw NoQuery() }
        return query
    }

    private struct NoQuery: Error {}

    @Test func questionsAreReadInAnyCase() throws {
        let query = try query(question(labels("Docs.PYTHON.org"), type: DNS.typeAAAA))
        #expect(DNS.hostName(query.labels) == "docs.python.org")
        #expect(query.type == DNS.typeAAAA && query.id == 0x1234 && query.isRecursive && !query.hasExtension)
    }

    @Test(arguments: [
        [Array("evil.com\0".utf8), Array("allowed".utf8), Array("com".utf8)], [Array("a.b".utf8), Array("com".utf8)],
        [Array("a b".utf8)], [[0xC3, 0xA4]], [[0]], [], [Array("*".utf8), Array("org".utf8)],
    ])
    func namesThatAreNoHostsHaveNoForm(_ labels: [[UInt8]]) throws {
        #expect(DNS.hostName(try query(question(labels)).labels) == nil)
    }

    @Test func whatIsNoHostsNameIsShownOnOneLine() throws {
        let shown = DNS.shown(try query(question([Array("a.b\n\"".utf8), [0, 0xFF], Array("Org".utf8)])).labels)
        #expect(shown == #"a\046b\010\034.\000\255.Org"#)
    }

    @Test func theAnswerRepeatsTheQuestion() throws {
        let asked = question(labels("WEB.test"))
        let answer = try query(asked).answer(.noError, address: [198, 18, 0, 2], timeToLive: 60)
        #expect(
            answer == [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0] + asked[12...]
                + [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 198, 18, 0, 2])
        let refused = try query(asked).answer(.refused)
        #expect(refused == [0x12, 0x34, 0x81, 0x85, 0, 1, 0, 0, 0, 0, 0, 0] + asked[12...])
    }

    @Test func theExtensionIsAnsweredWithOne() throws {
        let option: [UInt8] = [0, 0, 41, 4, 0xD0, 0, 0, 0, 0, 0, 0]
        let asked = question(labels("web.test"), counts: [0, 1, 0, 0, 0, 0, 0, 1]) + option
        let answer = try query(asked).answer(.refused)
        #expect(answer[11] == 1 && answer.suffix(11).starts(with: [0, 0, 41]))
    }

    @Test func brokenMessagesAreAnsweredOrPassedOver() {
        func code(_ bytes: [UInt8]) -> UInt8? {
            guard case .malformed(let answer) = DNSQuery.read(bytes) else { return nil }
            return answer[3]
        }
        let good = question(labels("web.test"))
        for count in 12..<good.count { #expect(code(Array(good[..<count])) == 1, "\(count)") }
        #expect(code(question(labels("web.test"), counts: [0, 2, 0, 0, 0, 0, 0, 0])) == 1)
        #expect(code(question(labels("web.test"), counts: [0, 0, 0, 0, 0, 0, 0, 0])) == 1)
        #expect(code(question(labels("web.test"), flags: [0x28, 0])) == 4)
        // A pointer in a question leads nowhere it should.
        #expect(code([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xC0, 12, 0, 1, 0, 1]) == 1)
        let long = Array(repeating: Array(repeating: UInt8(ascii: "a"), count: 63), count: 4)
        #expect(code(question(long)) == 1)
        for noise in [[], [1], [1, 2, 3], question(labels("web.test"), flags: [0x81, 0])] as [[UInt8]] {
            guard case .noise = DNSQuery.read(noise) else {
                Issue.record("\(noise)")
                continue
            }
        }
    }

    /// Random changes of a good message crash nothing.
    @Test func anyBytesAreRead() {
        var generator = SystemRandomNumberGenerator()
        let good = question(labels("web.test"), counts: [0, 1, 0, 0, 0, 0, 0, 1]) + [0, 0, 41, 4, 0, 0, 0, 0, 0, 0, 0]
        let upstream = DNSUpstreamQuery(id: 0x1234, name: "web.test", type: DNS.typeA)
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4) { bytes[.random(in: 0..<bytes.count)] = .random(in: 0...255) }
            bytes.removeLast(.random(in: 0...8, using: &generator))
            _ = DNSQuery.read(bytes)
            bytes[2] |= 0x80
            _ = upstream.outcome(of: bytes)
        }
    }

    // MARK: Answers of name servers

    private let upstream = DNSUpstreamQuery(id: 7, name: "web.test", type: DNS.typeA)

    private func reply(
        _ records: [[UInt8]], flags: [UInt8] = [0x81, 0x80], id: UInt16 = 7, question: [UInt8]? = nil
    ) -> [UInt8] {
        DNS.bytes(id) + flags + [0, 1, 0, UInt8(records.count), 0, 0, 0, 0] + (question ?? Array(upstream.bytes[12...]))
            + records.flatMap { $0 }
    }

    private func record(_ owner: [UInt8], _ type: UInt16, _ seconds: UInt8, _ data: [UInt8]) -> [UInt8] {
        owner + DNS.bytes(type) + [0, 1, 0, 0, 0, seconds] + DNS.bytes(UInt16(data.count)) + data
    }

    @Test func addressesAreFollowedThroughAliases() {
        // "web.test" is at 12; "cdn" below its "test" (at 16), as a server that compresses writes it.
        let cdn: [UInt8] = [3] + "cdn".utf8 + [0xC0, 16]
        let outcome = upstream.outcome(
            of: reply([
                record([0xC0, 12], DNS.typeCNAME, 9, cdn), record(cdn, DNS.typeA, 60, [203, 0, 113, 10]),
                record([5] + "other".utf8 + [0], DNS.typeA, 60, [127, 0, 0, 1]),
            ]))
        #expect(outcome == .addresses([.v4(0xCB00_710A)], timeToLive: 9))
    }

    @Test func whatIsNotAboutTheNameIsPassedOver() {
        #expect(
            upstream.outcome(of: reply([record([4] + "evil".utf8 + [0], DNS.typeA, 60, [1, 1, 1, 1])]))
                == .addresses([], timeToLive: .max))
        let ring = [
            record([0xC0, 12], DNS.typeCNAME, 9, [0xC0, 12]), record([0xC0, 12], DNS.typeA, 60, [1, 2, 3, 4]),
        ]
        #expect(upstream.outcome(of: reply(ring)) == .addresses([.v4(0x0102_0304)], timeToLive: 9))
    }

    @Test func aForgedAnswerIsNone() {
        let good = record([0xC0, 12], DNS.typeA, 60, [1, 1, 1, 1])
        #expect(upstream.outcome(of: reply([good])) != nil)
        #expect(upstream.outcome(of: reply([good], id: 8)) == nil)
        #expect(upstream.outcome(of: reply([good], flags: [0x01, 0x80])) == nil)
        #expect(
            upstream.outcome(of: reply([good], question: question(labels("evil.test")).dropFirst(12).map { $0 })) == nil
        )
        let ring: [UInt8] = [0xC0, UInt8(12 + upstream.bytes.count - 12)]
        #expect(upstream.outcome(of: reply([record(ring, DNS.typeA, 60, [1, 1, 1, 1])])) == nil)
    }

    @Test(
        arguments: [
            ([0x81, 0x83], .noSuchName), ([0x81, 0x82], .failed(2)), ([0x81, 0x85], .failed(5)),
            ([0x83, 0x80], .truncated),
            ([0x81, 0x80], .addresses([], timeToLive: .max)),
        ] as [([UInt8], DNSUpstreamQuery.Outcome)])
    func codesAreTold(_ flags: [UInt8], _ outcome: DNSUpstreamQuery.Outcome) {
        #expect(upstream.outcome(of: reply([], flags: flags)) == outcome)
    }

    // MARK: The host's files

    @Test func theHostsFilesAreRead() {
        let host = HostResolver(
            resolverConfiguration: Array(
                "# x\nsearch a.org\nnameserver 10.0.0.1 # y\nnameserver fe80::1%eth0\nnameserver ::1\nnameserver 1.2.3.4\nnameserver 5.6.7.8\noptions ndots:5 timeout:9 attempts:0\n"
                    .utf8),
            hosts: Array("127.0.0.1 localhost me\n# 1.1.1.1 no\n10.0.0.9\tDB.internal db # x\n\nbad name\n".utf8))
        #expect(host.servers.map(\.description) == ["10.0.0.1", "::1", "1.2.3.4"])
        #expect(host.timeout == 5 && host.attempts == 1)
        #expect(host.hosts["db.internal"]?.map(\.description) == ["10.0.0.9"] && host.hosts["no"] == nil)
        #expect(HostResolver(resolverConfiguration: [], hosts: []).servers.map(\.description) == ["127.0.0.1"])
    }

    // MARK: Names and their addresses

    @Test func aNameKeepsItsAddress() throws {
        var table = NameTable()
        let found = table.address(of: "a.org")
        let first = try #require(found)
        #expect(first.description == "198.18.0.2")
        let (second, again) = (table.address(of: "b.org"), table.address(of: "a.org"))
        #expect(second?.description == "198.18.0.3" && again == first)
        #expect(table.name(of: first) == "a.org")
        for text in ["198.18.0.0", "198.18.0.1", "198.18.0.4", "198.19.255.255", "1.1.1.1", "::1"] {
            let address = try #require(NetworkAddress(text))
            #expect(table.name(of: address) == nil)
        }
    }

    @Test func namesComeToAnEnd() {
        var table = NameTable()
        for number in 0..<NameTable.mostNames where table.address(of: "n\(number)") == nil {
            Issue.record("\(number)")
        }
        let (more, known) = (table.address(of: "one.more"), table.address(of: "n0"))
        #expect(more == nil && known != nil)
    }
}
