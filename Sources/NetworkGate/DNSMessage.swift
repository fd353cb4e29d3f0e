/// Names and questions as DNS has them on the wire (RFC 1035, section 4.1). Nothing here asks anybody.
enum DNS {
    static let typeA: UInt16 = 1
    static let typeCNAME: UInt16 = 5
    static let typeAAAA: UInt16 = 28
    static let typeOPT: UInt16 = 41
    static let classInternet: UInt16 = 1

    /// What a response says of the question (RFC 1035, section 4.1.1).
    enum ResponseCode: UInt8 {
        case noError = 0
        case malformed = 1
        case serverFailure = 2
        case noSuchName = 3
        case notImplemented = 4
        case refused = 5
    }

    /// Reads bytes from the front; nil past the end.
    struct Reader {
        let bytes: [UInt8]
        private(set) var position = 0

        init(_ bytes: [UInt8], at position: Int = 0) {
            self.bytes = bytes
            self.position = position
        }

        mutating func byte() -> UInt8? {
            guard position < bytes.count else { return nil }
            position += 1
            return bytes[position - 1]
        }

        mutating func word() -> UInt16? {
            guard let high = byte(), let low = byte() else { return nil }
            return UInt16(high) << 8 | UInt16(low)
        }

        mutating func longWord() -> UInt32? {
            guard let high = word(), let low = word() else { return nil }
            return UInt32(high) << 16 | UInt32(low)
        }

        mutating func slice(_ count: Int) -> ArraySlice<UInt8>? {
            guard count <= bytes.count - position else { return nil }
            position += count
            return bytes[position - count..<position]
        }

        /// A name as its labels. A name of an answer may go on elsewhere, where it was said before.
        mutating func name(followsPointers: Bool) -> [ArraySlice<UInt8>]? {
            var labels: [ArraySlice<UInt8>] = []
            var (length, jumps) = (1, 0)
            var reader = self
            var end: Int?
            while let count = reader.byte() {
                switch count {
                case 0:
                    position = end ?? reader.position
                    return labels
                case 1...63:
                    guard let label = reader.slice(Int(count)) else { return nil }
                    labels.append(label)
                    length += label.count + 1
                    if length > 255 { return nil }
                case 0xC0...:
                    guard followsPointers, jumps < 32, let low = reader.byte() else { return nil }
                    end = end ?? reader.position
                    jumps += 1
                    reader = Reader(bytes, at: Int(count & 0x3F) << 8 | Int(low))
                default: return nil
                }
            }
            return nil
        }
    }

    /// A name in its one form, in lower case and without a dot at the end; nil where a label holds what no host's name
    /// has, such as a dot or NUL, and for the root.
    static func hostName(_ labels: [ArraySlice<UInt8>]) -> String? {
        if labels.isEmpty { return nil }
        var name = ""
        for label in labels {
            for byte in label {
                let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                guard isUpper || isHostByte(byte) else { return nil }
                name.unicodeScalars.append(Unicode.Scalar(isUpper ? byte | 0x20 : byte))
            }
            name += "."
        }
        name.removeLast()
        return name
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// Any name as it is shown: what is no host's is written as `\DDD` (RFC 1035, section 5.1).
    static func shown(_ labels: [ArraySlice<UInt8>]) -> String {
        labels.map { label in
            label.map { byte in
                let isPlain = isHostByte(byte | 0x20) && byte >= 0x2D || isHostByte(byte)
                let digits = String(byte)
                return isPlain
                    ? String(Unicode.Scalar(byte))
                    : "\\" + String(repeating: "0", count: 3 - digits.count) + digits
            }.joined()
        }.joined(separator: ".")
    }

    static func bytes(_ word: UInt16) -> [UInt8] { [UInt8(word >> 8), UInt8(word & 0xFF)] }
}

/// A question that a program in the container asks.
struct DNSQuery {
    let id: UInt16
    /// Whether recursion is desired, which the answer repeats.
    let isRecursive: Bool
    let labels: [ArraySlice<UInt8>]
    let type: UInt16
    let questionClass: UInt16
    /// Whether it has the extension of RFC 6891, which the answer then has too.
    let hasExtension: Bool
    /// The question as it was asked; the answer repeats it to the letter.
    private let question: ArraySlice<UInt8>

    /// What came in.
    enum Reading {
        case query(DNSQuery)
        /// No question that can be answered: the whole answer to it.
        case malformed([UInt8])
        /// Not worth an answer.
        case noise
    }

    /// Reads a message.
    static func read(_ bytes: [UInt8]) -> Reading {
        var reader = DNS.Reader(bytes)
        guard let id = reader.word(), let flags = reader.word(), flags & 0x8000 == 0 else { return .noise }
        func failure(_ code: DNS.ResponseCode) -> Reading {
            .malformed(DNS.bytes(id) + [0x80 | UInt8(flags >> 8) & 0x79, code.rawValue] + [0, 0, 0, 0, 0, 0, 0, 0])
        }
        guard flags & 0x7800 == 0 else { return failure(.notImplemented) }
        guard let questions = reader.word(), let answers = reader.word(), let authorities = reader.word(),
            let additions = reader.word(), questions == 1, answers == 0, authorities == 0
        else { return failure(.malformed) }
        let start = reader.position
        guard let labels = reader.name(followsPointers: false), let type = reader.word(), let kind = reader.word()
        else { return failure(.malformed) }
        let question = bytes[start..<reader.position]
        var hasExtension = false
        for _ in 0..<min(additions, 4) {
            guard reader.name(followsPointers: false) != nil, let type = reader.word(), reader.word() != nil,
                reader.longWord() != nil, let length = reader.word(), reader.slice(Int(length)) != nil
            else { return failure(.malformed) }
            if type == DNS.typeOPT { hasExtension = true }
        }
        return .query(
            DNSQuery(
                id: id, isRecursive: flags & 0x0100 != 0, labels: labels, type: type, questionClass: kind,
                hasExtension: hasExtension, question: question))
    }

    /// The answer: a code, and for ``DNS/ResponseCode/noError`` perhaps an address of version 4.
    func answer(_ code: DNS.ResponseCode, address: [UInt8]? = nil, timeToLive: UInt32 = 0) -> [UInt8] {
        var bytes = DNS.bytes(id)
        // QR, RD as asked; RA.
        bytes += [0x80 | (isRecursive ? 1 : 0), 0x80 | code.rawValue]
        bytes += [0, 1, 0, address == nil ? 0 : 1, 0, 0, 0, hasExtension ? 1 : 0]
        bytes += question
        if let address {
            // The name is the question's, which begins after the header.
            bytes += [0xC0, 12] + DNS.bytes(DNS.typeA) + DNS.bytes(DNS.classInternet)
            bytes += DNS.bytes(UInt16(timeToLive >> 16)) + DNS.bytes(UInt16(timeToLive & 0xFFFF))
            bytes += DNS.bytes(UInt16(address.count)) + address
        }
        // The root, OPT, the longest datagram taken, no flags, no options.
        if hasExtension { bytes += [0] + DNS.bytes(DNS.typeOPT) + DNS.bytes(1232) + [0, 0, 0, 0, 0, 0] }
        return bytes
    }
}
