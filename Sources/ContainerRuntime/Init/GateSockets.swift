internal import LinuxSystem
internal import NetworkRules

/// Makes the network that a gate stands in for, in init: every address is local, and the sockets that answer are the
/// gate's. There is no way out of the namespace but through it.
final class GateSockets {
    private var channel: FrameSocket?

    /// What the gate calls itself: nameserver of the sandbox's resolv.conf. The first of the range of RFC 2544, of which
    /// the gate gives each name an address.
    static let nameServerAddress: [UInt8] = [198, 18, 0, 1]

    init(_ channel: FrameSocket) { self.channel = channel }

    /// Makes the network and hands the sockets over.
    ///
    /// - Parameter ports: The ports of connections.
    /// - Throws: ``RuntimeError``.
    func handOver(ports: [UInt16]) throws(RuntimeError) {
        guard let channel else { preconditionFailure("the sockets are handed over twice") }
        // Closed when this returns: the container keeps nothing that leads to the gate.
        self.channel = nil
        do throws(SystemCallError) {
            let network = try LoopbackNetwork()
            try network.addAddress(Self.nameServerAddress)
            try network.makeEveryAddressLocal(.v4)
            try handOver(.v4, ports, channel)
            do throws(SystemCallError) {
                // Sockets first: an address without one would be a program's to take.
                try handOver(.v6, ports, channel)
                try network.makeEveryAddressLocal(.v6)
            } catch  where LoopbackNetwork.isWithoutVersion6(error) {
                // Then no address of version 6 is reached at all.
            }
            try channel.send(GateMessage.complete.frame)
        } catch  where error.errno == .brokenPipe || error.errno == .connectionReset {
            return  // The gate is gone: the runtime, which waits for it before anything runs, says why.
        } catch {
            throw RuntimeError("network: \(error)")
        }
    }

    private func handOver(
        _ version: LoopbackNetwork.Version, _ ports: [UInt16], _ channel: FrameSocket
    ) throws(SystemCallError) {
        func send(_ socket: consuming FileDescriptor, isDatagram: Bool, port: UInt16) throws(SystemCallError) {
            let kind = GateMessage.Socket(isDatagram: isDatagram, isVersion6: version == .v6, port: port)
            try channel.send(GateMessage.sockets([kind]).frame, descriptors: [socket.rawValue])
        }
        // Names are asked for by version 4, where an answer leaves from the address that was asked.
        let names = GateMessage.namePort
        if version == .v4 {
            try send(try InternetSocket.datagram(version, port: names), isDatagram: true, port: names)
        }
        for port in (version == .v4 ? [names] : []) + ports {
            try send(try InternetSocket.listening(version, port: port, backlog: 4096), isDatagram: false, port: port)
        }
    }
}
