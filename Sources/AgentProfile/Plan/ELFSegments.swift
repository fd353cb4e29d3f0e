/// The program headers of an ELF file that matter for loading it.
struct ELFSegments {
    /// A part of the file, and where it is in memory.
    struct Segment {
        /// First byte in the file.
        let offset: UInt64
        /// First byte in memory.
        let address: UInt64
        /// Length in the file.
        let fileSize: UInt64
    }

    /// The path of the loader (PT_INTERP).
    private(set) var interpreter: Segment?
    /// The dynamic section (PT_DYNAMIC).
    private(set) var dynamic: Segment?
    /// What is loaded into memory (PT_LOAD).
    private var loaded: [Segment] = []

    /// Reads the program headers.
    init(_ bytes: inout ELFBytes) throws(ELFFile.Failure) {
        let start = try bytes.number64(at: 32)
        let size = Int(try bytes.number16(at: 54))
        let count = Int(try bytes.number16(at: 56))
        guard count > 0 else { return }
        guard size >= 56 else { throw .damaged("its program headers are too short") }
        guard size * count <= 1 << 16 else { throw .damaged("it has too many program headers") }
        let table = try bytes.bytes(at: start, count: size * count, "its program headers")
        for header in stride(from: 0, to: size * count, by: size) {
            let segment = Segment(
                offset: table.littleEndian64(at: header + 8), address: table.littleEndian64(at: header + 16),
                fileSize: table.littleEndian64(at: header + 32))
            switch table.littleEndian32(at: header) {
            case 1: loaded.append(segment)
            case 2: dynamic = segment
            case 3: interpreter = segment
            default: break
            }
        }
    }

    /// Where the byte at an address in memory is in the file.
    func offset(ofAddress address: UInt64) -> UInt64? {
        for segment in loaded where address >= segment.address && address - segment.address < segment.fileSize {
            let (offset, overflow) = segment.offset.addingReportingOverflow(address - segment.address)
            return overflow ? nil : offset
        }
        return nil
    }
}
