/// Where an ELF file names its interpreter (elf(5), PT_INTERP).
///
/// Of 64 bits only: the runtime is such a file, and the kernel takes no interpreter of another class.
enum ELFInterpreter {
    /// The place of the name, which the kernel reads up to its first NUL.
    ///
    /// - Parameter start: The beginning of the file. The kernel takes program headers from anywhere, but all linkers put
    ///   them right after the ELF header.
    /// - Returns: Nil for what is no ELF file, or has no interpreter there.
    static func place(in start: [UInt8]) -> (offset: UInt64, length: Int)? {
        // e_ident: magic, class 2 (64 bits), data 1 (little-endian, as x86-64 and arm64 are).
        guard start.count >= 64, start.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) else { return nil }
        let table = number(start, 32, bytes: 8)  // e_phoff
        let size = number(start, 54, bytes: 2)  // e_phentsize
        let count = number(start, 56, bytes: 2)  // e_phnum
        guard size >= 56 else { return nil }
        for index in 0..<count {
            let (entry, overflow) = table.addingReportingOverflow(index * size)
            guard !overflow, entry <= UInt64(start.count - 56) else { return nil }
            let header = Int(entry)
            guard number(start, header, bytes: 4) == 3 else { continue }  // p_type is PT_INTERP
            let length = number(start, header + 32, bytes: 8)  // p_filesz
            return (number(start, header + 8, bytes: 8), Int(min(length, 4096)))  // p_offset
        }
        return nil
    }

    private static func number(_ file: [UInt8], _ offset: Int, bytes: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in (0..<bytes).reversed() { value = value << 8 | UInt64(file[offset + index]) }
        return value
    }
}
