internal import LinuxSystem

/// A call as it travels: the program's arguments and, on the way to a keeper, the caller's environment and what only the
/// caller knows of what it passes on (`Inheritance`).
///
/// The number of arguments, that text, then the others, all with a NUL behind.
struct CallFrame {
    let arguments: [String]
    let environment: [String]
    let ownInheritance: String

    /// The longest frame, in bytes: a call with more is made without a keeper.
    static let largest = 1 << 16

    init(arguments: [String], environment: [String] = [], ownInheritance: String = "") {
        (self.arguments, self.environment, self.ownInheritance) = (arguments, environment, ownInheritance)
    }

    /// Reads a frame; nil for one that is no call.
    init?(_ bytes: [UInt8]) {
        var texts: [String] = []
        var start = 0
        // By hand: on the way of each call, and what is generic has its types made at run time in each new process.
        for (index, byte) in bytes.enumerated() where byte == 0 {
            texts.append(String(decoding: bytes[start..<index], as: UTF8.self))
            start = index + 1
        }
        guard start == bytes.count, let count = texts.first.flatMap({ Int32(digits: $0) }), count > 0,
            Int(count) + 1 < texts.count
        else { return nil }
        ownInheritance = texts[1]
        arguments = Array(texts[2...Int(count) + 1])
        environment = Array(texts[(Int(count) + 2)...])
    }

    var bytes: [UInt8] {
        var bytes = Array("\(arguments.count)\0".utf8)
        for text in [ownInheritance] + arguments + environment {
            bytes += text.utf8
            bytes.append(0)
        }
        return bytes
    }

    /// The value of a variable; of one that stands twice the first counts, as for getenv(3).
    func variable(_ name: String) -> String? {
        // Byte by byte: a sign may combine with the one before.
        let start = Array((name + "=").utf8)
        return environment.first { $0.utf8.starts(with: start) }.map {
            String(decoding: $0.utf8.dropFirst(start.count), as: UTF8.self)
        }
    }
}
