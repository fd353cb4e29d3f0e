/// The dynamic loader's table of libraries: `/etc/ld.so.cache` (ldconfig(8)), in the form glibc has written since 2.2.
struct LoaderCache {
    /// A library the loader finds by name.
    struct Entry: Equatable {
        /// The name programs ask for.
        let name: String
        /// Where the library is.
        let path: String
    }

    /// The libraries for 64-bit programs of one machine, in the table's order; those for special processors left out.
    let entries: [Entry]
    private let paths: [PathKey: String]
    private let machine: ELFFile.Machine

    private static let magic = Array("glibc-ld.so.cache1.1".utf8)
    private static let headerSize = 48
    private static let entrySize = 24

    /// A table of the given libraries.
    init(entries: [Entry], machine: ELFFile.Machine) {
        self.entries = entries
        self.machine = machine
        // The first of a name is the one the loader takes.
        paths = Dictionary(entries.map { (PathKey($0.name), $0.path) }, uniquingKeysWith: { first, _ in first })
    }

    /// Reads a table; nil where the file is of another form, which the loader ignores too.
    ///
    /// - Parameters:
    ///   - bytes: The file.
    ///   - machine: Whose libraries are wanted.
    init?(_ bytes: [UInt8], machine: ELFFile.Machine) {
        // The old table may come first; the new one follows at the next multiple of 8.
        var start = 0
        if bytes.starts(with: Array("ld.so-1.7.0".utf8)), bytes.count >= 16 {
            let oldCount = Int(bytes.littleEndian32(at: 12))
            start = (16 + oldCount * 12 + 7) & ~7
        }
        guard start + Self.headerSize <= bytes.count, bytes[start...].starts(with: Self.magic) else { return nil }
        let count = Int(bytes.littleEndian32(at: start + 20))
        guard count <= (bytes.count - start - Self.headerSize) / Self.entrySize else { return nil }

        var entries: [Entry] = []
        entries.reserveCapacity(count)
        for index in 0..<count {
            let entry = start + Self.headerSize + index * Self.entrySize
            guard bytes.littleEndian32(at: entry) == machine.loaderFlags, bytes.littleEndian64(at: entry + 16) == 0,
                let name = Self.text(bytes, at: start + Int(bytes.littleEndian32(at: entry + 4))),
                let path = Self.text(bytes, at: start + Int(bytes.littleEndian32(at: entry + 8)))
            else { continue }
            entries.append(Entry(name: name, path: path))
        }
        self.init(entries: entries, machine: machine)
    }

    /// Where the loader finds a library by name.
    func path(of name: String) -> String? { paths[PathKey(name)] }

    /// The table as a file that holds only some of its libraries: what a sandbox may know of.
    ///
    /// - Parameter isIncluded: Which libraries to keep.
    /// - Returns: The file's bytes.
    func bytes(keeping isIncluded: (Entry) -> Bool) -> [UInt8] {
        let kept = entries.filter(isIncluded)
        var strings: [UInt8] = []
        var table: [UInt8] = []
        let stringsStart = Self.headerSize + kept.count * Self.entrySize
        for entry in kept {
            table.append(littleEndian: machine.loaderFlags)
            for text in [entry.name, entry.path] {
                table.append(littleEndian: UInt32(stringsStart + strings.count))
                strings += Array(text.utf8) + [0]
            }
            table.append(littleEndian: UInt32(0))
            table.append(littleEndian: UInt64(0))
        }
        var header = Self.magic
        header.append(littleEndian: UInt32(kept.count))
        header.append(littleEndian: UInt32(strings.count))
        // 2: little endian. No extensions, and unused words.
        header += [2, 0, 0, 0] + [UInt8](repeating: 0, count: 16)
        return header + table + strings
    }

    private static func text(_ bytes: [UInt8], at offset: Int) -> String? {
        guard offset < bytes.count, let end = bytes[offset...].firstIndex(of: 0) else { return nil }
        return String(validating: bytes[offset..<end], as: UTF8.self)
    }
}

extension ELFFile.Machine {
    /// How the loader's table marks 64-bit libraries of this machine for glibc 2 (sysdeps/generic/ldconfig.h).
    fileprivate var loaderFlags: UInt32 {
        switch self {
        case .x86_64: 0x0303
        case .aarch64: 0x0A03
        }
    }
}

extension [UInt8] {
    /// Adds a number, its lowest byte first.
    mutating func append(littleEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
