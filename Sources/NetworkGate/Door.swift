internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import NetworkRules

/// Takes the container's connections, decides by the address that each was made to, and connects outside.
///
/// Used on the loop's thread alone.
final class Door: @unchecked Sendable {
    private let loop: any EventLoop
    private let allowed: AllowList
    private let resolver: Resolver
    private let nameServer: NameServer
    private let log: RefusalLog
    /// The most connections at the same time; more wait in the kernel's queue.
    private let mostConnections: Int
    /// The ends in the container, by their handlers.
    private(set) var open: [ObjectIdentifier: RelayHandler] = [:]
    private var paused: [AcceptHandler] = []
    /// Told when the last connection is closed.
    var whenEmpty: (() -> Void)?

    init(
        _ allowed: AllowList, resolver: Resolver, nameServer: NameServer, log: RefusalLog, mostConnections: Int,
        on loop: any EventLoop
    ) {
        self.allowed = allowed
        self.resolver = resolver
        self.nameServer = nameServer
        self.log = log
        self.mostConnections = mostConnections
        self.loop = loop
    }

    /// Takes connections from a listening socket.
    func serve(_ socket: Int32) -> EventLoopFuture<any Channel> {
        ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.maxMessagesPerRead, value: 4)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptHandler(self))
                }
            }
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.accept(channel) }
            }
            .withBoundSocket(socket)
    }

    // MARK: In

    fileprivate var isFull: Bool { open.count >= mostConnections }

    fileprivate func pause(_ listener: AcceptHandler) { paused.append(listener) }

    private func accept(_ channel: any Channel) throws {
        let inner = RelayHandler()
        open[ObjectIdentifier(inner)] = inner
        inner.whenClosed = { [self] in
            open[ObjectIdentifier(inner)] = nil
            let waiting = paused
            paused = []
            for listener in waiting { listener.resume() }
            if open.isEmpty { whenEmpty?() }
        }
        try configure(channel)
        try channel.pipeline.syncOperations.addHandler(inner)
        try channel.pipeline.syncOperations.addHandler(AdmissionHandler(self, inner))
    }

    /// Decides on a connection: its own address is the one that the program asked for.
    fileprivate func admit(_ channel: any Channel, _ inner: RelayHandler) {
        guard let local = channel.localAddress, let address = local.networkAddress, let port = local.port,
            let port = UInt16(exactly: port)
        else { return inner.reset() }
        if NameTable.holds(address) { return admit(inner, name: nameServer.names.name(of: address), address, port) }
        guard allowed.permits(address: address, port: port) else {
            return refuse(
                inner, RefusalLog.Entry(kind: "address", address: "\(address)", port: port, reason: Self.notListed))
        }
        connect(inner, to: [address][...], port, name: nil, until: .now() + Self.patience)
    }

    private func admit(_ inner: RelayHandler, name: String?, _ address: NetworkAddress, _ port: UInt16) {
        guard let name, allowed.permits(name: name, port: port) else {
            return refuse(
                inner,
                RefusalLog.Entry(
                    kind: "address", name: name, address: name == nil ? "\(address)" : nil, port: port,
                    reason: Self.notListed))
        }
        resolver.resolve(name) { [self] outcome in
            guard case .addresses(let addresses) = outcome else {
                return refuse(
                    inner,
                    RefusalLog.Entry(kind: "answer", name: name, reason: "the host's name servers gave no address"))
            }
            let usable = addresses.filter { address in
                guard let objection = allowed.objection(toAnswer: address, port: port) else { return true }
                log.add(RefusalLog.Entry(objection: objection, to: address, of: name))
                return false
            }
            if usable.isEmpty { return inner.reset() }
            connect(inner, to: usable[...], port, name: name, until: .now() + Self.patience)
        }
    }

    private static let notListed = "network.allow does not have it"

    private func refuse(_ inner: RelayHandler, _ entry: RefusalLog.Entry) {
        log.add(entry)
        inner.reset()
    }

    // MARK: Out

    /// How long all tries of one connection may take, and each of them.
    private static let patience = TimeAmount.seconds(60), patienceOfOne = TimeAmount.seconds(15)

    /// Connects to the first address that answers.
    private func connect(
        _ inner: RelayHandler, to addresses: ArraySlice<NetworkAddress>, _ port: UInt16, name: String?,
        until deadline: NIODeadline
    ) {
        if inner.isClosed { return }
        guard let address = addresses.first, .now() < deadline else { return inner.reset() }
        let outer = RelayHandler()
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(Self.patienceOfOne)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try configure(channel)
                    try channel.pipeline.syncOperations.addHandler(outer)
                }
            }
        let connected: EventLoopFuture<any Channel>
        do {
            connected = bootstrap.connect(to: try SocketAddress(address, port: port))
        } catch {
            return inner.reset()
        }
        connected.whenComplete { [self] result in
            switch result {
            case .success where inner.isClosed: outer.reset()
            case .success: RelayHandler.join(inner, outer)
            case .failure(let error):
                if addresses.count > 1 {
                    return connect(inner, to: addresses.dropFirst(), port, name: name, until: deadline)
                }
                log.add(
                    RefusalLog.Entry(
                        kind: "failure", name: name, address: "\(address)", port: port, reason: Self.reason(error)))
                inner.reset()
            }
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError: "\(Errno(rawValue: error.errnoCode))"
        case ChannelError.connectTimeout: "no answer"
        default: "cannot connect"
        }
    }

    // MARK: Buffers

    /// Up to how many connections get the largest buffers.
    private static let fewConnections = 16
    /// What the kernel keeps of one direction of many. Of a connection that is closed with input unread the gate takes all
    /// of that at once, whether it can be passed on or not.
    private static let smallReceiveBuffer: Int = 256 << 10

    private func configure(_ channel: any Channel) throws {
        guard let options = channel.syncOptions else { return }
        let isOneOfFew = open.count <= Self.fewConnections
        try options.setOption(
            .recvAllocator,
            value: AdaptiveRecvByteBufferAllocator(
                minimum: 4096, initial: 16 << 10, maximum: isOneOfFew ? 2 << 20 : 64 << 10))
        try options.setOption(
            .writeBufferWaterMark,
            value: isOneOfFew
                ? .init(low: 256 << 10, high: 2 << 20) : .init(low: 32 << 10, high: 64 << 10))
        if !isOneOfFew { try options.setOption(.socketOption(.so_rcvbuf), value: Self.smallReceiveBuffer) }
        // A peer that is gone without a word: asked after a minute, and given up after five more questions.
        try options.setOption(.socketOption(.so_keepalive), value: 1)
        for (name, value) in Self.keepAlive { try options.setOption(.tcpOption(name), value: value) }
    }

    /// TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT (tcp(7)).
    private static let keepAlive: [(NIOBSDSocket.Option, Int)] = [
        (.init(rawValue: 4), 60), (.init(rawValue: 5), 15), (.init(rawValue: 6), 5),
    ]
}

/// Stops taking connections while there are too many.
private final class AcceptHandler: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = any Channel
    typealias OutboundIn = Never
    private let door: Door
    private var context: ChannelHandlerContext?

    init(_ door: Door) { self.door = door }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func read(context: ChannelHandlerContext) {
        if door.isFull { door.pause(self) } else { context.read() }
    }

    func resume() {
        guard let context else { return }
        read(context: context)
    }

    /// One connection that could not be taken; there will be others.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

/// Has the door decide once the connection's addresses are known.
private final class AdmissionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    private let door: Door
    private let inner: RelayHandler

    init(_ door: Door, _ inner: RelayHandler) { (self.door, self.inner) = (door, inner) }

    func channelActive(context: ChannelHandlerContext) {
        door.admit(context.channel, inner)
        context.fireChannelActive()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
