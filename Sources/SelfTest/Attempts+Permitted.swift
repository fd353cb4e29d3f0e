internal import LinuxSystem

/// Errors that mean a refusal, beside those that LinuxSystem names. The numbers are the same on all 64-bit Linux.
extension Errno {
    static let textFileBusy = Errno(rawValue: 26)
    static let protocolNotSupported = Errno(rawValue: 93)
    static let addressFamilyNotSupported = Errno(rawValue: 97)
    static let networkUnreachable = Errno(rawValue: 101)
    static let addressInUse = Errno(rawValue: 98)
    static let connectionRefused = Errno(rawValue: 111)
}

extension Attempt {
    /// What a sandbox permits: all of these must succeed, or the refusals of the rest say nothing.
    static let permitted: [Attempt] = [
        Attempt("permitted-read", .nothing, Steps.read { $0.readOnly }),
        Attempt("permitted-list", .nothing, Steps.list { $0.project }),
        Attempt("permitted-write", .nothing) { place throws(SystemCallError) in
            try openFile(place.writable + "/file", [.writeOnly, .create], mode: 0o644).write("text")
            return .succeeded("wrote \(place.writable)/file")
        },
        Attempt("permitted-write-guarded", .nothing) { place throws(SystemCallError) in
            let path = place.guarded + "/own"
            try openFile(path, [.writeOnly, .create], mode: 0o644).write("text")
            try attempt("unlinkat", -100, .text(path), 0)
            return .succeeded("wrote \(path)")
        },
        Attempt("permitted-temporary-files", .nothing) { _ throws(SystemCallError) in
            for directory in ["/tmp", "/dev/shm"] {
                try openFile(directory + "/selftest", [.writeOnly, .create], mode: 0o600).write("text")
                try attempt("unlinkat", -100, .text(directory + "/selftest"), 0)
            }
            return .succeeded("wrote to /tmp and /dev/shm")
        },
        Attempt("permitted-devices", .nothing) { _ throws(SystemCallError) in
            try openFile("/dev/null", .readWrite).write("text")
            return .succeeded("read \(try openFile("/dev/urandom", .readOnly).read(upTo: 8).count) random bytes")
        },
        Attempt("permitted-process", .nothing) { _ throws(SystemCallError) in
            try Steps.clone(0)
            guard let (_, end) = try reapAnyChild(blocks: true) else { return .refused("no child") }
            return end == .exited(0) ? .succeeded("a child ran") : .refused("the child: \(end)")
        },
        Attempt("permitted-exec", .nothing) { place throws(SystemCallError) in
            throw attemptExecution(place.listed, Steps.payloadWords)
        },
        Attempt("permitted-bash", .nothing, needs: [.bash]) { _ throws(SystemCallError) in
            throw attemptExecution("/usr/bin/bash", ["bash", "-c", "printf 'succeeded\\tran\\n'"])
        },
        Attempt("permitted-loopback", .nothing) { _ throws(SystemCallError) in
            let (listener, port) = try Steps.listenOnLoopback()
            let socket = try Steps.socket(2, 1)
            try attempt("connect", .descriptor(socket), Steps.address([127, 0, 0, 1], port: port), 16)
            return withExtendedLifetime(listener) { .succeeded("connected to itself") }
        },
        Attempt("permitted-unix-socket", .nothing) { _ throws(SystemCallError) in
            try attempt("socketpair", 1, 1, 0, .space(8))
            return .succeeded("a pair")
        },
    ]
}
