internal import LinuxSystem

/// Carries a container's two outputs up to a number of bytes, in a process of its own.
struct OutputMeter {
    /// How that process ends when there was more.
    static let limitStatus: Int32 = 3

    let limit: Int64

    /// Carries bytes until the container has closed its ends, or has written too many: those up to the limit are passed on.
    ///
    /// - Parameter outputs: Descriptors of the runtime, each with the pipe whose bytes belong there.
    /// - Throws: `SystemCallError`.
    func carry(_ outputs: [(number: Int32, pipe: PipeEnd)]) throws(SystemCallError) {
        var (open, left) = (outputs, limit)
        while !open.isEmpty {
            let ready = try waitUntilReady(open.map { $0.pipe.descriptor.rawValue })
            var ended: [Int32] = []
            for (output, isReady) in zip(open, ready) where isReady {
                let bytes = try output.pipe.descriptor.read(upTo: 1 << 16)
                let permitted = bytes.prefix(Int(clamping: left))
                left -= Int64(permitted.count)
                do throws(SystemCallError) {
                    if !permitted.isEmpty { try UnownedDescriptor(output.number).write(Array(permitted)) }
                } catch  where error.errno == .brokenPipe {
                    ended.append(output.number)  // Nobody reads it any more, which the container is to notice.
                    output.pipe.close()
                    continue
                }
                if permitted.count < bytes.count { endProcess(Self.limitStatus) }
                if bytes.isEmpty { ended.append(output.number) }
            }
            open.removeAll { ended.contains($0.number) }
        }
    }
}
