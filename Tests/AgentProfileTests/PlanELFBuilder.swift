@testable import AgentProfile

/// An ELF file that can be read and not run: headers, an interpreter, a dynamic section.
struct ELFBuilder {
    var kind: UInt16 = 3
    var machine: UInt16 = 62
    var bits: UInt8 = 2
    var endianness: UInt8 = 1
    var interpreter: String?
    var needed: [String] = []
    var soname: String?
    var rpath: String?
    var runpath: String?
    var flags: UInt64 = 0

    /// A program that is loaded by the usual loader.
    static func program(needs needed: String..., runpath: String? = nil, rpath: String? = nil) -> ELFBuilder {
        ELFBuilder(interpreter: "/lib64/ld-linux-x86-64.so.2", needed: needed, rpath: rpath, runpath: runpath)
    }

    /// A program that loads nothing.
    static var staticProgram: ELFBuilder { ELFBuilder(kind: 2) }

    /// A library.
    static func library(
        _ soname: String, needs needed: String..., runpath: String? = nil, rpath: String? = nil
    ) -> ELFBuilder {
        ELFBuilder(needed: needed, soname: soname, rpath: rpath, runpath: runpath)
    }

    /// Loaded at this address: addresses in memory are not places in the file.
    private static let base: UInt64 = 0x40_0000

    var bytes: [UInt8] {
        var names: [UInt8] = [0]
        func name(_ text: String) -> UInt64 {
            defer { names += Array(text.utf8) + [0] }
            return UInt64(names.count)
        }
        var dynamic: [(UInt64, UInt64)] = needed.map { (1, name($0)) }
        if let soname { dynamic.append((14, name(soname))) }
        if let rpath { dynamic.append((15, name(rpath))) }
        if let runpath { dynamic.append((29, name(runpath))) }
        if flags != 0 { dynamic.append((0x6FFF_FFFB, flags)) }

        let headerCount = 1 + (interpreter == nil ? 0 : 1) + (dynamic.isEmpty ? 0 : 1)
        let interpreterStart = UInt64(64 + 56 * headerCount)
        let interpreterBytes: [UInt8] = interpreter.map { Array($0.utf8) + [0] } ?? []
        let namesStart = interpreterStart + UInt64(interpreterBytes.count)
        let dynamicStart = namesStart + UInt64(names.count)
        if !dynamic.isEmpty {
            dynamic += [(5, Self.base + namesStart), (10, UInt64(names.count)), (0, 0)]
        }
        let end = dynamicStart + UInt64(dynamic.count * 16)

        var file: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, bits, endianness, 1] + [UInt8](repeating: 0, count: 9)
        file.append(littleEndian: kind)
        file.append(littleEndian: machine)
        file.append(littleEndian: UInt32(1))
        for value in [0, 64, 0] as [UInt64] { file.append(littleEndian: value) }
        file.append(littleEndian: UInt32(0))
        for value in [64, 56, UInt16(headerCount), 64, 0, 0] as [UInt16] { file.append(littleEndian: value) }
        func header(_ type: UInt32, _ offset: UInt64, _ size: UInt64) {
            file.append(littleEndian: type)
            file.append(littleEndian: UInt32(4))
            for value in [offset, Self.base + offset, Self.base + offset, size, size, 8] {
                file.append(littleEndian: value)
            }
        }
        header(1, 0, end)
        if interpreter != nil { header(3, interpreterStart, UInt64(interpreterBytes.count)) }
        if !dynamic.isEmpty { header(2, dynamicStart, UInt64(dynamic.count * 16)) }
        file += interpreterBytes + names
        for (tag, value) in dynamic {
            file.append(littleEndian: tag)
            file.append(littleEndian: value)
        }
        return file
    }
}
