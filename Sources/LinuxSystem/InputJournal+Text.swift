extension InputJournal {
    /// The journal as text, to be kept: a line a file, then a line a variable; nil where it is not complete.
    ///
    /// A line of a file is `F` or `N` (a link at the end is followed or not), `L` or `S` (listed or its status alone), the
    /// numbers of its identity in decimal, and its path; `-` in place of the numbers where nothing was there. A line of a
    /// variable is `V NAME=VALUE`, or `U NAME` where it was not set.
    public var text: [UInt8]? {
        guard isComplete else { return nil }
        var text: [UInt8] = []
        text.reserveCapacity(files.count * 128)
        for (key, entry) in files {
            text += key.followsLink ? "F" : "N"
            text += entry.isListing ? "L " : "S "
            guard let identity = entry.identity else {
                text += "- \(key.path)\n"
                continue
            }
            text += "\(identity.device.major) \(identity.device.minor) \(identity.inode) \(identity.mode) "
            text += "\(identity.uid) \(identity.gid) \(identity.size) \(identity.modified) \(identity.changed) "
            text += "\(key.path)\n"
        }
        for (name, value) in variables {
            guard let value else {
                text += "U \(name)\n"
                continue
            }
            if value.utf8.contains(UInt8(ascii: "\n")) { return nil }
            text += "V \(name)=\(value)\n"
        }
        return text
    }

    /// Whether all that a text says is as it was.
    ///
    /// - Parameters:
    ///   - text: As ``text`` wrote it.
    ///   - environment: Looks a variable up.
    /// - Returns: Whether it is; false for a text that is damaged.
    public static func isCurrent(_ text: ArraySlice<UInt8>, _ environment: (String) -> String?) -> Bool {
        var line = Line(text)
        while !line.isAtEnd {
            guard line.holds(environment) else { return false }
        }
        return true
    }

    /// Reads a journal back, for whoever asks more than once whether all is as it was.
    ///
    /// - Parameter text: As ``text`` wrote it; nil for one that is damaged.
    public init?(_ text: ArraySlice<UInt8>) {
        self.init()
        var line = Line(text)
        while !line.isAtEnd {
            guard let content = line.next() else { return nil }
            switch content {
            case .file(let path, let entry): files[Key(path: path, followsLink: entry.followsLink)] = entry
            case .variable(let name, let value): variables[name] = .some(value)
            }
        }
    }

    /// Whether all that was looked at is as it was.
    ///
    /// - Parameter environment: Looks a variable up.
    /// - Returns: Whether it is.
    public func isCurrent(_ environment: (String) -> String?) -> Bool {
        for (name, value) in variables where environment(name) != value { return false }
        for (key, entry) in files where !entry.holds(at: key.path) { return false }
        return true
    }

    /// Whether the journal says of a path that it leads to a file, links followed.
    ///
    /// - Parameters:
    ///   - path: The path.
    ///   - status: The file.
    /// - Returns: Whether it does; while the journal is current, the path leads there still.
    public func holds(_ path: String, _ status: FileStatus) -> Bool {
        guard let identity = files[Key(path: path, followsLink: true)]?.identity else { return false }
        return identity.device == status.device && identity.inode == status.inode
    }

    /// Reads the text line by line, once and forward: this stands on the way of every call that finds a kept plan.
    private struct Line {
        enum Content {
            case file(path: String, Entry)
            case variable(name: String, String?)
        }

        private let text: ArraySlice<UInt8>
        private var index: Int

        init(_ text: ArraySlice<UInt8>) {
            self.text = text
            index = text.startIndex
        }

        var isAtEnd: Bool { index >= text.endIndex }

        private mutating func byte() -> UInt8? {
            guard index < text.endIndex else { return nil }
            defer { index += 1 }
            return text[index]
        }

        /// A decimal number and the space behind it.
        private mutating func number() -> Int64? {
            var (value, digits) = (Int64(0), 0)
            while let byte = byte() {
                if byte == UInt8(ascii: " ") { return digits > 0 ? value : nil }
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), digits < 19 else { return nil }
                value = value &* 10 &+ Int64(byte - UInt8(ascii: "0"))
                digits += 1
            }
            return nil
        }

        private mutating func rest(upTo end: UInt8 = UInt8(ascii: "\n")) -> String? {
            let start = index
            while let byte = byte() {
                if byte == end { return String(decoding: text[start..<(index - 1)], as: UTF8.self) }
            }
            return nil
        }

        mutating func holds(_ environment: (String) -> String?) -> Bool {
            switch next() {
            case .file(let path, let entry): entry.holds(at: path)
            case .variable(let name, let value): environment(name) == value
            case nil: false
            }
        }

        /// The next line; nil where it is damaged.
        mutating func next() -> Content? {
            guard let first = byte() else { return nil }
            switch first {
            case UInt8(ascii: "U"):
                guard byte() == UInt8(ascii: " "), let name = rest() else { return nil }
                return .variable(name: name, nil)
            case UInt8(ascii: "V"):
                guard byte() == UInt8(ascii: " "), let name = rest(upTo: UInt8(ascii: "=")), let value = rest() else {
                    return nil
                }
                return .variable(name: name, value)
            case UInt8(ascii: "F"), UInt8(ascii: "N"): return file(followsLink: first == UInt8(ascii: "F"))
            default: return nil
            }
        }

        private mutating func file(followsLink: Bool) -> Content? {
            guard let kind = byte(), byte() == UInt8(ascii: " ") else { return nil }
            var identity: FileIdentity?
            if index < text.endIndex, text[index] == UInt8(ascii: "-") {
                index += 1
                guard byte() == UInt8(ascii: " ") else { return nil }
            } else {
                guard let major = number(), let minor = number(), let inode = number(), let mode = number(),
                    let uid = number(), let gid = number(), let size = number(), let modified = number(),
                    let changed = number()
                else { return nil }
                identity = FileIdentity(
                    device: DeviceNumber(
                        major: UInt32(truncatingIfNeeded: major), minor: UInt32(truncatingIfNeeded: minor)),
                    inode: UInt64(bitPattern: inode), mode: UInt32(truncatingIfNeeded: mode),
                    uid: UInt32(truncatingIfNeeded: uid), gid: UInt32(truncatingIfNeeded: gid),
                    size: UInt64(bitPattern: size), modified: modified, changed: changed)
            }
            guard let path = rest() else { return nil }
            let isListing = kind == UInt8(ascii: "L")
            return .file(path: path, Entry(followsLink: followsLink, isListing: isListing, identity: identity))
        }
    }
}

extension [UInt8] {
    fileprivate static func += (bytes: inout [UInt8], text: String) { bytes.append(contentsOf: text.utf8) }
}
