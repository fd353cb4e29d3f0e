internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import NetworkRules

/// The gate of one container: its name server, its door, and its end.
///
/// Everything runs on one loop on one thread; a second thread does nothing but wait for the container's end.
final class Gate: @unchecked Sendable {
    private let loop: any EventLoop
    private let door: Door
    private let nameServer: NameServer
    private let threads = NIOThreadPool(numberOfThreads: 1)
    private var listeners: [any Channel] = []
    private var hasContainerEnded = false

    /// What was handed over.
    struct Input: Sendable {
        let allowed: AllowList
        let host: HostResolver
        let sockets: [(kind: GateMessage.Socket, descriptor: Int32)]
        /// The container's first process, by pidfd.
        let container: Int32
        let log: Int32
        let mostConnections: Int
    }

    init(_ input: Input, on loop: any EventLoop) {
        self.loop = loop
        let log = RefusalLog(UnownedDescriptor(input.log))
        let resolver = Resolver(input.host, on: loop)
        nameServer = NameServer(input.allowed, resolver: resolver, log: log)
        door = Door(
            input.allowed, resolver: resolver, nameServer: nameServer, log: log,
            mostConnections: input.mostConnections, on: loop)
    }

    /// Begins to answer.
    ///
    /// - Returns: Done when all sockets are served.
    func start(_ input: Input) -> EventLoopFuture<Void> {
        let channels = input.sockets.map { socket -> EventLoopFuture<any Channel> in
            switch (socket.kind.isDatagram, socket.kind.port) {
            case (true, _): serveNames(datagrams: socket.descriptor)
            case (false, GateMessage.namePort): serveNames(connections: socket.descriptor)
            default: door.serve(socket.descriptor)
            }
        }
        watch(input.container)
        return EventLoopFuture.whenAllSucceed(channels, on: loop).map { self.listeners = $0 }
    }

    private func serveNames(datagrams socket: Int32) -> EventLoopFuture<any Channel> {
        DatagramBootstrap(group: loop)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4096))
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NameDatagramHandler(nameServer))
                }
            }
            .withBoundSocket(socket)
    }

    private func serveNames(connections socket: Int32) -> EventLoopFuture<any Channel> {
        let count = NameConnectionCount()
        return ServerBootstrap(group: loop)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { [self] channel in
                guard count.value < NameConnectionCount.most else { return channel.close() }
                count.value += 1
                channel.closeFuture.whenComplete { _ in count.value -= 1 }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NameStreamHandler(nameServer))
                }
            }
            .withBoundSocket(socket)
    }

    /// How many programs are connected to ask for names; each has 20 seconds for the next question.
    private final class NameConnectionCount: @unchecked Sendable {
        static let most = 32
        var value = 0
    }

    // MARK: The end

    private func watch(_ container: Int32) {
        threads.start()
        threads.submit { [loop] _ in
            do throws(SystemCallError) {
                // A pidfd can be read from once its process has ended (pidfd_open(2)).
                while try !waitUntilReady([container])[0] {}
            } catch {
                // Without its container in sight the gate must not stay.
                endProcess(1)
            }
            loop.execute { self.containerEnded() }
        }
    }

    /// How long what the container has sent may take to go out.
    private static let lastPatience = TimeAmount.seconds(1)

    /// Takes no more, sends out what was sent before the container ended, and ends.
    private func containerEnded() {
        if hasContainerEnded { return }
        hasContainerEnded = true
        for listener in listeners { listener.close(promise: nil) }
        if door.open.isEmpty { endProcess(0) }
        door.whenEmpty = { endProcess(0) }
        for connection in door.open.values { connection.endWithInput() }
        loop.scheduleTask(in: Self.lastPatience) { endProcess(0) }
    }
}
