internal import NIOCore

/// One end of a carried connection: hands what comes in to the other end, as fast as that takes it.
///
/// An end that is read out is closed for writing on the other side, and the other direction goes on; one that breaks
/// breaks the other, so that a part is never taken for the whole. Used on the loop's thread alone.
final class RelayHandler: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var context: ChannelHandlerContext?
    private(set) var partner: RelayHandler?
    private var wantsToRead = false
    /// What came before there was another end.
    private var early: [ByteBuffer] = []
    /// Whether all input has come, output is closed, or the connection broke.
    private(set) var hasEnded = false
    private var isClosedForWriting = false
    private var endsWithInput = false
    private var hasFailed = false
    private(set) var isClosed = false
    /// Counted to see whether a connection that is half closed still lives.
    private var movedBytes = 0
    /// Told when this end is closed.
    var whenClosed: (() -> Void)?

    /// How long a connection that one side has closed may be without a byte.
    static let halfClosedPatience = TimeAmount.minutes(5)

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        (partner, whenClosed) = (nil, nil)
    }

    /// Makes the two ends of one connection.
    static func join(_ first: RelayHandler, _ second: RelayHandler) {
        (first.partner, second.partner) = (second, first)
        // What one end saw before there was another.
        for end in [first, second] {
            for bytes in end.early { end.partner?.write(bytes) }
            end.partner?.context?.flush()
            end.early = []
            if end.isClosed {
                end.tellPartnerOfClose()
            } else if end.hasEnded {
                end.inputHasEnded()
            }
        }
        for end in [first, second] { end.context?.channel.setOption(.autoRead, value: true).whenFailure { _ in } }
    }

    // MARK: Data

    /// Reads only while the other end takes more.
    func read(context: ChannelHandlerContext) {
        guard let partner, partner.isWritable else {
            wantsToRead = true
            return
        }
        context.read()
    }

    private var isWritable: Bool { context?.channel.isWritable ?? false }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        movedBytes &+= bytes.readableBytes
        // Input that comes with its end is read whole, asked for or not; the kernel's buffer is the limit of it.
        if let partner { partner.write(bytes) } else { early.append(bytes) }
    }

    private func write(_ bytes: ByteBuffer) { context?.write(wrapOutboundOut(bytes), promise: nil) }

    func channelReadComplete(context: ChannelHandlerContext) { partner?.context?.flush() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { partner?.resumeReading() }
        context.fireChannelWritabilityChanged()
    }

    private func resumeReading() {
        guard wantsToRead else { return }
        wantsToRead = false
        context?.read()
    }

    // MARK: Ends

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            hasEnded = true
            inputHasEnded()
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func inputHasEnded() {
        guard let partner else { return }
        if endsWithInput { return closeWithPartner() }
        partner.closeForWriting()
        watchHalfClosed()
    }

    /// Says that nobody reads at this end any more: when its input has been passed on, both ends are closed.
    func endWithInput() {
        endsWithInput = true
        if hasEnded { inputHasEnded() }
    }

    private func closeWithPartner() {
        guard let partner, let outer = partner.context, let channel = context?.channel else { return }
        let outerChannel = outer.channel
        outer.writeAndFlush(partner.wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            outerChannel.close(promise: nil)
            channel.close(promise: nil)
        }
    }

    /// Sends what is left, and then the end.
    func closeForWriting() {
        guard !isClosedForWriting, let context else { return }
        isClosedForWriting = true
        let channel = context.channel
        // An end that has been read out is then closed as a whole, which would drop what is not yet written.
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            channel.close(mode: .output, promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        hasFailed = true
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        tellPartnerOfClose()
        whenClosed?()
        whenClosed = nil
        context.fireChannelInactive()
    }

    private func tellPartnerOfClose() {
        // One whose output was closed by us before is closed as a whole by its last byte.
        if hasFailed || !hasEnded && !isClosedForWriting {
            partner?.reset()
        } else {
            partner?.closeForWriting()
        }
        hasEnded = true
    }

    /// Breaks the connection: the peer sees a reset, not an end.
    func reset() {
        guard let context, !isClosed else { return }
        let channel = context.channel
        guard let options = channel as? any SocketOptionProvider else { return channel.close(promise: nil) }
        // struct linger: on, for no time.
        options.unsafeSetSocketOption(level: .socket, name: .so_linger, value: UInt64(1)).whenComplete { _ in
            channel.close(promise: nil)
        }
    }

    /// A peer that is gone without a word leaves a half of a connection behind for ever.
    private func watchHalfClosed() {
        guard let partner, let loop = context?.eventLoop else { return }
        let moved = movedBytes &+ partner.movedBytes
        loop.scheduleTask(in: Self.halfClosedPatience) { [self] in
            guard !isClosed, let partner = self.partner else { return }
            if movedBytes &+ partner.movedBytes == moved {
                reset()
                partner.reset()
            } else {
                watchHalfClosed()
            }
        }
    }
}
