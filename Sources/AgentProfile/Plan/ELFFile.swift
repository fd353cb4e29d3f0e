internal import LinuxSystem

/// What an ELF file (elf(5)) says about how it is loaded. 64 bits, little endian: what the supported machines run.
struct ELFFile: Equatable, Sendable {
    /// The kinds of ELF file that can be loaded.
    enum Kind: Sendable {
        /// A program at fixed addresses (ET_EXEC).
        case executable
        /// A shared library, or a program that can be loaded anywhere (ET_DYN).
        case shared
    }

    /// A machine that programs are made for; the numbers are those of `e_machine`.
    enum Machine: UInt16, Sendable {
        case x86_64 = 62
        case aarch64 = 183

        /// The machine this program was compiled for.
        static var native: Machine {
            #if arch(arm64)
                .aarch64
            #else
                .x86_64
            #endif
        }
    }

    /// A file that cannot be read as ELF, and why.
    struct Failure: Error, Equatable {
        /// What is wrong, to be put after the file's name: `is a 32-bit program`.
        let message: String

        init(_ message: String) { self.message = message }

        /// A number in the file leads outside of it or makes no sense.
        static func damaged(_ what: String) -> Failure { Failure("is a damaged ELF file: \(what)") }
    }

    /// The kind of file.
    var kind = Kind.shared
    /// The machine it is made for.
    var machine = Machine.x86_64
    /// The loader that runs it (PT_INTERP); nil for libraries and static programs.
    var interpreter: String?
    /// The libraries it needs, in order (DT_NEEDED).
    var needed: [String] = []
    /// The name others need it by (DT_SONAME).
    var soname: String?
    /// Where its libraries, and those of its libraries, are looked for first (DT_RPATH), by directory.
    var rpath: [String] = []
    /// Where its own libraries are looked for (DT_RUNPATH), by directory; makes DT_RPATH void.
    var runpath: [String]?
    /// Whether it says of itself that it is a program (DF_1_PIE).
    var isPositionIndependentProgram = false
    /// Whether the default directories are not searched for its libraries (DF_1_NODEFLIB).
    var ignoresDefaultDirectories = false

    /// Whether it can be executed, as against loaded by a program.
    var isProgram: Bool { kind == .executable || interpreter != nil || isPositionIndependentProgram }

    /// The four bytes every ELF file starts with.
    static let magic: [UInt8] = [0x7F, 0x45, 0x4C, 0x46]

    /// Reads what the file says.
    ///
    /// - Parameter bytes: The file, of which only headers and a few names are read.
    /// - Throws: ``Failure``.
    init(_ bytes: inout ELFBytes) throws(Failure) {
        try readIdentity(&bytes)
        let segments = try ELFSegments(&bytes)
        if let segment = segments.interpreter {
            interpreter = try bytes.text(at: segment.offset, limit: segment.fileSize, "its interpreter")
        }
        guard let dynamic = segments.dynamic else { return }
        try readDynamic(dynamic, segments, &bytes)
    }

    private mutating func readIdentity(_ bytes: inout ELFBytes) throws(Failure) {
        let header = try bytes.bytes(at: 0, count: 64, "its header")
        guard header.starts(with: Self.magic) else { throw Failure("is not an ELF file") }
        guard header[4] == 2 else { throw Failure("is a 32-bit program; only 64-bit programs are supported") }
        guard header[5] == 1 else { throw Failure("is a big-endian program; only little-endian ones are supported") }
        switch try bytes.number16(at: 16) {
        case 2: kind = .executable
        case 3: kind = .shared
        case 1: throw Failure("is an object file, not a program")
        case 4: throw Failure("is a core dump, not a program")
        default: throw Failure("is an ELF file of an unknown kind")
        }
        let number = try bytes.number16(at: 18)
        guard let machine = Machine(rawValue: number) else {
            throw Failure("is made for another machine (number \(number) of ELF)")
        }
        self.machine = machine
    }

    /// Walks the dynamic section: pairs of a tag and a value, up to the tag 0.
    private mutating func readDynamic(
        _ segment: ELFSegments.Segment, _ segments: ELFSegments, _ bytes: inout ELFBytes
    ) throws(Failure) {
        // The largest dynamic sections in use have about 300 entries.
        guard segment.fileSize <= 1 << 20 else { throw .damaged("its dynamic section is too long") }
        let section = try bytes.bytes(at: segment.offset, count: Int(segment.fileSize), "its dynamic section")
        var names: [(tag: UInt64, offset: UInt64)] = []
        var tableAddress: UInt64?
        var tableSize = UInt64.max
        var index = 0
        entries: while index + 16 <= section.count {
            let tag = section.littleEndian64(at: index)
            let value = section.littleEndian64(at: index + 8)
            index += 16
            switch tag {
            case 0: break entries
            case 1, 14, 15, 29: names.append((tag, value))
            case 5: tableAddress = value
            case 10: tableSize = value
            case 0x6FFF_FFFB:
                isPositionIndependentProgram = value & 0x0800_0000 != 0
                ignoresDefaultDirectories = value & 0x0000_0800 != 0
            default: break
            }
        }
        guard !names.isEmpty else { return }
        guard let tableAddress, let table = segments.offset(ofAddress: tableAddress) else {
            throw .damaged("its names are in no segment")
        }
        for (tag, offset) in names {
            let (place, overflow) = table.addingReportingOverflow(offset)
            guard offset < tableSize, !overflow else { throw .damaged("a name lies outside of its table") }
            let name = try bytes.text(at: place, limit: tableSize - offset, "a name")
            switch tag {
            case 1: needed.append(name)
            case 14: soname = name
            case 15: rpath = name.searchDirectories
            default: runpath = name.searchDirectories
            }
        }
    }
}

extension String {
    /// The directories of a search path: between colons (and, in an RPATH, semicolons nowhere); empty ones left out.
    var searchDirectories: [String] {
        utf8.split(separator: UInt8(ascii: ":")).map { String(Substring($0)) }
    }
}
