internal import NIOCore
internal import NetworkRules

/// Answers the container's questions for names: those of the list with an address that stands for the name, all others
/// with a refusal. No question leaves the host but one for a name of the list.
///
/// Used on the loop's thread alone.
final class NameServer: @unchecked Sendable {
    private let allowed: AllowList
    private let resolver: Resolver
    private let log: RefusalLog
    private(set) var names = NameTable()
    /// How long, in seconds, a program may keep an answer: the address stays the name's for good.
    private static let timeToLive: UInt32 = 60

    init(_ allowed: AllowList, resolver: Resolver, log: RefusalLog) {
        self.allowed = allowed
        self.resolver = resolver
        self.log = log
    }

    /// Answers a message.
    ///
    /// - Parameters:
    ///   - bytes: What came in.
    ///   - reply: Told the answer, perhaps later; never, where there is none.
    func answer(_ bytes: [UInt8], _ reply: @escaping ([UInt8]) -> Void) {
        switch DNSQuery.read(bytes) {
        case .noise: return
        case .malformed(let answer): reply(answer)
        case .query(let query): answer(query, reply)
        }
    }

    private func answer(_ query: DNSQuery, _ reply: @escaping ([UInt8]) -> Void) {
        guard query.questionClass == DNS.classInternet, let name = DNS.hostName(query.labels),
            allowed.permits(name: name)
        else {
            log.add(
                RefusalLog.Entry(kind: "name", name: DNS.shown(query.labels), reason: "network.allow does not have it"))
            return reply(query.answer(.refused))
        }
        resolver.resolve(name) { [self] outcome in
            switch outcome {
            case .noSuchName: reply(query.answer(.noSuchName))
            case .noAddress: reply(query.answer(.noError))
            case .failed:
                log.add(RefusalLog.Entry(kind: "answer", name: name, reason: "the host's name servers gave no answer"))
                reply(query.answer(.serverFailure))
            case .addresses(let addresses): answer(query, name, addresses, reply)
            }
        }
    }

    private func answer(
        _ query: DNSQuery, _ name: String, _ addresses: [NetworkAddress], _ reply: ([UInt8]) -> Void
    ) {
        // Early, so that the program is told of a name without a use as such: the door decides again, for one port.
        let ports = allowed.ports.filter { allowed.permits(name: name, port: $0) }
        let isUsable = addresses.contains { address in
            ports.contains { allowed.objection(toAnswer: address, port: $0) == nil }
        }
        guard isUsable else {
            for address in addresses {
                log.add(
                    RefusalLog.Entry(objection: allowed.objection(toAnswer: address, port: 0), to: address, of: name))
            }
            return reply(query.answer(.refused))
        }
        // Programs connect by version 4; whatever else they ask, there is the name and nothing of the kind.
        guard query.type == DNS.typeA else { return reply(query.answer(.noError)) }
        guard let address = names.address(of: name) else {
            log.add(RefusalLog.Entry(kind: "name", name: "", reason: "more than \(NameTable.mostNames) names"))
            return reply(query.answer(.serverFailure))
        }
        reply(query.answer(.noError, address: address.bytes, timeToLive: Self.timeToLive))
    }
}

extension RefusalLog.Entry {
    /// An answer that must not be connected to.
    init(objection: String?, to address: NetworkAddress, of name: String) {
        self.init(
            kind: "answer", name: name, address: "\(address)",
            reason: "\(objection ?? "special") address, which network.allow does not name")
    }
}

/// DNS over datagrams.
final class NameDatagramHandler: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    private let server: NameServer

    init(_ server: NameServer) { self.server = server }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        let channel = context.channel
        server.answer(Array(envelope.data.readableBytesView)) { answer in
            channel.writeAndFlush(
                AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: answer)), promise: nil)
        }
    }

    /// An answer that its asker does not wait for any more comes back as an error; others still ask.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

/// DNS over a connection (RFC 7766): each message after its length, one after the other.
final class NameStreamHandler: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    private let server: NameServer
    private var bytes: [UInt8] = []
    private var isAnswering = false
    private var idle: Scheduled<Void>?

    init(_ server: NameServer) { self.server = server }

    func channelActive(context: ChannelHandlerContext) { restartTimer(context.channel) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes += unwrapInboundIn(data).readableBytesView
        // No question is that long.
        if bytes.count > 4096 { return context.close(promise: nil) }
        answerNext(context.channel)
    }

    private func answerNext(_ channel: any Channel) {
        guard !isAnswering, bytes.count >= 2 else { return }
        let end = 2 + (Int(bytes[0]) << 8 | Int(bytes[1]))
        guard bytes.count >= end else { return }
        let message = Array(bytes[2..<end])
        bytes.removeFirst(end)
        isAnswering = true
        restartTimer(channel)
        server.answer(message) { [self] answer in
            channel.writeAndFlush(
                ByteBuffer(bytes: DNS.bytes(UInt16(answer.count)) + answer), promise: nil)
            isAnswering = false
            answerNext(channel)
        }
    }

    private func restartTimer(_ channel: any Channel) {
        idle?.cancel()
        idle = channel.eventLoop.scheduleTask(in: .seconds(20)) { channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    func channelInactive(context: ChannelHandlerContext) { idle?.cancel() }
}
