/// The pins of several files, by path, and their form as text.
public struct FilePins: Equatable, Sendable {
    /// A pinned file.
    public struct Entry: Equatable, Sendable {
        /// Its path.
        public let path: String
        /// What it was.
        public var pin: FilePin
    }

    /// A file whose digest could not be had.
    public struct Failure: Error, Equatable {
        /// Its path.
        public let path: String
        /// Why, in words that follow its name.
        public let reason: String
    }

    /// The files, in the order in which they were added.
    public private(set) var entries: [Entry] = []

    /// No files.
    public init() {}

    /// Pins a file.
    ///
    /// - Parameters:
    ///   - pin: What it is.
    ///   - path: Its path.
    public mutating func add(_ pin: FilePin, at path: String) { entries.append(Entry(path: path, pin: pin)) }

    /// The pin of a file.
    ///
    /// - Parameter path: Its path.
    /// - Returns: The pin; nil where the file is not pinned.
    public func pin(of path: String) -> FilePin? {
        // Looked through: a first Dictionary of a type costs a start more than all its look-ups here. `==` is quick,
        // and takes two spellings of a letter for one.
        for entry in entries where entry.path == path && entry.path.utf8.elementsEqual(path.utf8) { return entry.pin }
        return nil
    }

    /// Adds the digests of the files whose content counts; waits, at most 20 ms, for files that were just written.
    ///
    /// - Parameter open: Opens a file for reading, by its path.
    /// - Throws: ``Failure`` where one cannot be read, or is not what it was any more.
    public mutating func addDigests(
        open: (String) throws(SystemCallError) -> FileDescriptor
    ) throws(Failure) {
        // A change in the tick of the clock of an earlier one would not show; a tick is at most 10 ms.
        let limit = wallClock() - Self.settlingTime
        let isSettled = entries.allSatisfy { ($0.pin.content?.changed ?? 0) < limit }
        if !isSettled { sleep(milliseconds: Int(Self.settlingTime / 1_000_000)) }
        for index in entries.indices where entries[index].pin.content != nil {
            let path = entries[index].path
            let (digest, comparison): (String, FilePin.Comparison)
            do throws(SystemCallError) {
                let file = try open(path)
                digest = try file.contentDigest()
                // After the reading, so that what was written meanwhile shows too.
                comparison = entries[index].pin.comparison(to: try file.status())
            } catch {
                throw Failure(path: path, reason: "cannot be read: \(error.errno)")
            }
            guard case .same = comparison else { throw Failure(path: path, reason: "is being changed") }
            entries[index].pin.content?.digest = digest
        }
    }

    /// In nanoseconds.
    private static let settlingTime: Int64 = 20_000_000
}

extension FilePins {
    /// The pins as text: a line a file, without an end of line after the last.
    ///
    /// A line is the kind (`f` a file, `d` a directory, `c`, `b`, `p`, `s`, `l` as ls(1) has them), the device's major
    /// and minor number, the inode; of a file whose content counts its size, mtime and ctime, in nanoseconds, and, if it is
    /// known, its SHA-256; and the path, which begins with a slash, and in which `\n` stands for an end of line and
    /// `\\` for a backslash.
    public var text: String {
        var lines: [String] = []
        lines.reserveCapacity(entries.count)
        for entry in entries {
            let pin = entry.pin
            var line = "\(pin.kind.letter) \(pin.device.major) \(pin.device.minor) \(pin.inode) "
            if let content = pin.content {
                line += "\(content.size) \(content.modified) \(content.changed) "
                if let digest = content.digest { line += digest + " " }
            }
            lines.append(line + entry.path.escaped)
        }
        return lines.joined(separator: "\n")
    }

    /// Reads what ``text`` wrote; nil where it is not that.
    ///
    /// - Parameter text: The text.
    public init?(text: String) {
        var reader = Reader(Array(text.utf8))
        while !reader.isAtEnd {
            guard let entry = reader.line() else { return nil }
            entries.append(entry)
        }
    }

    /// Reads byte by byte, once and forward: this stands on the way of every start of a bundle.
    private struct Reader {
        private let text: [UInt8]
        private var index = 0

        init(_ text: [UInt8]) { self.text = text }

        var isAtEnd: Bool { index >= text.count }

        private var isAtPath: Bool { index < text.count && text[index] == UInt8(ascii: "/") }

        /// A line and its end.
        mutating func line() -> Entry? {
            guard let letter = byte(), let kind = FileStatus.Kind(letter: letter), byte() == UInt8(ascii: " "),
                let major = number(), let major = UInt32(exactly: major), let minor = number(),
                let minor = UInt32(exactly: minor), let inode = number()
            else { return nil }
            var content: FilePin.Content?
            if !isAtPath {
                guard let size = number(), let modified = time(), let changed = time() else { return nil }
                content = FilePin.Content(size: size, modified: modified, changed: changed, digest: nil)
                if !isAtPath {
                    guard let digest = digest() else { return nil }
                    content?.digest = digest
                }
            }
            guard isAtPath, kind == .regular || content == nil else { return nil }
            guard let path = path() else { return nil }
            let pin = FilePin(
                kind: kind, device: DeviceNumber(major: major, minor: minor), inode: inode, content: content)
            return Entry(path: path, pin: pin)
        }

        /// What is left of the line.
        private mutating func path() -> String? {
            let start = index
            var isEscaped = false
            while index < text.count, text[index] != UInt8(ascii: "\n") {
                isEscaped = isEscaped || text[index] == UInt8(ascii: "\\")
                index += 1
            }
            let rest = text[start..<index]
            index += 1
            return isEscaped ? String(unescaping: rest) : String(decoding: rest, as: UTF8.self)
        }

        private mutating func byte() -> UInt8? {
            guard index < text.count else { return nil }
            defer { index += 1 }
            return text[index]
        }

        /// A decimal number and the space behind it.
        private mutating func number() -> UInt64? {
            var (value, digits) = (UInt64(0), 0)
            while let byte = byte() {
                if byte == UInt8(ascii: " ") { return digits > 0 ? value : nil }
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
                let (shifted, isTooLong) = value.multipliedReportingOverflow(by: 10)
                let (sum, isTooLarge) = shifted.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
                if isTooLong || isTooLarge { return nil }
                value = sum
                digits += 1
            }
            return nil
        }

        /// A time, which may lie before 1970, and the space behind it.
        private mutating func time() -> Int64? {
            let isNegative = index < text.count && text[index] == UInt8(ascii: "-")
            if isNegative { index += 1 }
            guard let number = number(), let value = Int64(exactly: number) else { return nil }
            return isNegative ? -value : value
        }

        /// 64 hexadecimal digits and the space behind them.
        private mutating func digest() -> String? {
            let end = index + 64
            guard end < text.count, text[end] == UInt8(ascii: " ") else { return nil }
            let digits = text[index..<end]
            guard digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else { return nil }
            index = end + 1
            return String(decoding: digits, as: UTF8.self)
        }
    }
}

extension FileStatus.Kind {
    fileprivate var letter: String {
        switch self {
        case .regular: "f"
        case .directory: "d"
        case .symbolicLink: "l"
        case .characterDevice: "c"
        case .blockDevice: "b"
        case .fifo: "p"
        case .socket: "s"
        }
    }

    fileprivate init?(letter: UInt8) {
        switch letter {
        case UInt8(ascii: "f"): self = .regular
        case UInt8(ascii: "d"): self = .directory
        case UInt8(ascii: "l"): self = .symbolicLink
        case UInt8(ascii: "c"): self = .characterDevice
        case UInt8(ascii: "b"): self = .blockDevice
        case UInt8(ascii: "p"): self = .fifo
        case UInt8(ascii: "s"): self = .socket
        default: return nil
        }
    }
}

extension String {
    /// As one line.
    fileprivate var escaped: String {
        guard utf8.contains(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\\") }) else { return self }
        var bytes: [UInt8] = []
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case UInt8(ascii: "\\"): bytes += "\\\\".utf8
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What ``escaped`` was made of.
    fileprivate init?(unescaping line: ArraySlice<UInt8>) {
        var bytes: [UInt8] = []
        var rest = line
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "n"): bytes.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
            default: return nil
            }
        }
        self.init(decoding: bytes, as: UTF8.self)
    }
}
