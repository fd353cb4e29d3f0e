internal import NIOCore
internal import NIOPosix
internal import NetworkRules

/// One question to the host's name servers, one server after the other, until one answers or the time is up.
///
/// Used on the loop's thread alone, as all of the gate.
final class UpstreamLookup: @unchecked Sendable {
    private let loop: any EventLoop
    private let resolver: HostResolver
    private let query: DNSUpstreamQuery
    private let completion: (DNSUpstreamQuery.Outcome?) -> Void
    /// How many servers were asked.
    private var asked = 0
    /// Which try this is: what belongs to one before is passed over.
    private var attempt = 0
    private var isOver = false
    private var channel: (any Channel)?
    private var deadline: Scheduled<Void>?
    /// What a server said that does not know; the next one may.
    private var failure: DNSUpstreamQuery.Outcome?

    /// A question; `completion` is told once how it went, and nil where no server answered.
    init(
        _ name: String, _ type: UInt16, resolver: HostResolver, on loop: any EventLoop,
        completion: @escaping (DNSUpstreamQuery.Outcome?) -> Void
    ) {
        self.loop = loop
        self.resolver = resolver
        // Random, as the port is: who forges an answer must guess both (RFC 5452).
        query = DNSUpstreamQuery(id: .random(in: 0...UInt16.max), name: name, type: type)
        self.completion = completion
    }

    func start() { askNext() }

    private func askNext() {
        guard asked < resolver.attempts * resolver.servers.count else { return finish(failure) }
        let server = resolver.servers[asked % resolver.servers.count]
        asked += 1
        ask(server, overStream: false)
    }

    private func ask(_ server: NetworkAddress, overStream: Bool) {
        attempt += 1
        let attempt = attempt
        channel?.close(promise: nil)
        channel = nil
        deadline?.cancel()
        deadline = loop.scheduleTask(in: .seconds(Int64(resolver.timeout))) { self.lost(attempt) }
        let initializer: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                if overStream {
                    try pipeline.addHandler(StreamAnswerHandler(self, server, attempt))
                } else {
                    try pipeline.addHandler(DatagramAnswerHandler(self, server, attempt))
                }
            }
        }
        let connected: EventLoopFuture<any Channel>
        do {
            let address = try SocketAddress(server, port: GateMessage.namePort)
            connected =
                overStream
                ? ClientBootstrap(group: loop).channelInitializer(initializer).connect(to: address)
                : DatagramBootstrap(group: loop).channelInitializer(initializer).connect(to: address)
        } catch {
            return lost(attempt)
        }
        connected.whenComplete { result in
            switch result {
            case .success(let channel):
                guard !self.isOver, self.attempt == attempt else { return channel.close(promise: nil) }
                self.channel = channel
                let bytes = self.query.bytes
                channel.writeAndFlush(
                    ByteBuffer(bytes: overStream ? DNS.bytes(UInt16(bytes.count)) + bytes : bytes), promise: nil)
            case .failure: self.lost(attempt)
            }
        }
    }

    /// A message of a server.
    fileprivate func received(_ bytes: [UInt8], from server: NetworkAddress, isStream: Bool) {
        guard !isOver, let outcome = query.outcome(of: bytes) else { return }
        switch outcome {
        case .truncated where !isStream: ask(server, overStream: true)
        case .failed, .truncated:
            failure = outcome
            askNext()
        case .addresses, .noSuchName: finish(outcome)
        }
    }

    /// No answer comes: nobody is there, or the time is up.
    fileprivate func lost(_ attempt: Int) {
        if !isOver, self.attempt == attempt { askNext() }
    }

    private func finish(_ outcome: DNSUpstreamQuery.Outcome?) {
        isOver = true
        deadline?.cancel()
        channel?.close(promise: nil)
        channel = nil
        completion(outcome)
    }
}

extension SocketAddress {
    /// An address and a port.
    init(_ address: NetworkAddress, port: UInt16) throws {
        try self.init(packedIPAddress: ByteBuffer(bytes: address.bytes), port: Int(port))
    }

    /// The address; nil for one that is none of the internet.
    var networkAddress: NetworkAddress? {
        ipAddress.flatMap { NetworkAddress($0) }?.unmapped
    }
}

private final class DatagramAnswerHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    private let lookup: UpstreamLookup
    private let server: NetworkAddress
    private let attempt: Int

    init(_ lookup: UpstreamLookup, _ server: NetworkAddress, _ attempt: Int) {
        (self.lookup, self.server, self.attempt) = (lookup, server, attempt)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).data.readableBytesView)
        lookup.received(bytes, from: server, isStream: false)
    }

    /// The server's host said that nobody listens there.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { lookup.lost(attempt) }
}

private final class StreamAnswerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let lookup: UpstreamLookup
    private let server: NetworkAddress
    private let attempt: Int
    private var bytes: [UInt8] = []

    init(_ lookup: UpstreamLookup, _ server: NetworkAddress, _ attempt: Int) {
        (self.lookup, self.server, self.attempt) = (lookup, server, attempt)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes += unwrapInboundIn(data).readableBytesView
        guard bytes.count >= 2 else { return }
        // The length says where the message ends, and a server that sends more is not listened to.
        let end = 2 + (Int(bytes[0]) << 8 | Int(bytes[1]))
        guard bytes.count >= end else { return }
        lookup.received(Array(bytes[2..<end]), from: server, isStream: true)
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    func channelInactive(context: ChannelHandlerContext) { lookup.lost(attempt) }
}
