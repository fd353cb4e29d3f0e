import Testing

@testable import AgentProfile

struct PlanELFTests {
    private func read(_ bytes: [UInt8]) throws -> ELFFile {
        var source = ELFBytes(bytes)
        return try ELFFile(&source)
    }

    private func failure(_ bytes: [UInt8]) -> String {
        do {
            _ = try read(bytes)
            return "ok"
        } catch {
            return (error as? ELFFile.Failure)?.message ?? "\(error)"
        }
    }

    @Test func readsWhatAProgramLoads() throws {
        var builder = ELFBuilder.program(needs: "libm.so.6", "libc.so.6", runpath: "$ORIGIN/../lib::/opt/lib")
        builder.soname = "self"
        builder.rpath = "/old"
        builder.flags = 0x0800_0800
        let file = try read(builder.bytes)
        #expect(file.kind == .shared)
        #expect(file.machine == .x86_64)
        #expect(file.interpreter == "/lib64/ld-linux-x86-64.so.2")
        #expect(file.needed == ["libm.so.6", "libc.so.6"])
        #expect(file.soname == "self")
        #expect(file.rpath == ["/old"])
        #expect(file.runpath == ["$ORIGIN/../lib", "/opt/lib"])
        #expect(file.isPositionIndependentProgram)
        #expect(file.ignoresDefaultDirectories)
    }

    @Test func tellsProgramsFromLibraries() throws {
        #expect(try read(ELFBuilder.program().bytes).isProgram)
        #expect(try read(ELFBuilder.staticProgram.bytes).isProgram)
        #expect(try !read(ELFBuilder.library("libx.so").bytes).isProgram)
        // A static program that can be loaded anywhere says so in its flags alone.
        #expect(try read(ELFBuilder(flags: 0x0800_0000).bytes).isProgram)
        #expect(try read(ELFBuilder(machine: 183).bytes).machine == .aarch64)
    }

    @Test func refusesOtherFilesWithAReason() {
        #expect(failure(Array("#!/bin/sh".utf8) + [UInt8](repeating: 0, count: 64)) == "is not an ELF file")
        #expect(failure([]) == "is a damaged ELF file: its header would lie outside of it")
        #expect(failure(ELFBuilder(bits: 1).bytes) == "is a 32-bit program; only 64-bit programs are supported")
        #expect(
            failure(ELFBuilder(endianness: 2).bytes) == "is a big-endian program; only little-endian ones are supported"
        )
        #expect(failure(ELFBuilder(kind: 1).bytes) == "is an object file, not a program")
        #expect(failure(ELFBuilder(kind: 4).bytes) == "is a core dump, not a program")
        #expect(failure(ELFBuilder(kind: 9).bytes) == "is an ELF file of an unknown kind")
        #expect(failure(ELFBuilder(machine: 40).bytes) == "is made for another machine (number 40 of ELF)")
    }

    @Test func refusesNumbersThatLeadOutOfTheFile() {
        let whole = ELFBuilder.program(needs: "libc.so.6").bytes
        for length in [64, 100, 232, whole.count - 1] {
            #expect(failure(Array(whole.prefix(length))).hasPrefix("is a damaged ELF file: "))
        }
        // The offset of the program headers, and the one of the interpreter.
        for place in [32, 64 + 56 + 8] {
            for value in [UInt64.max, UInt64(Int64.max), UInt64(whole.count)] {
                var bytes = whole
                bytes.replaceSubrange(place..<(place + 8), with: littleEndian(value))
                #expect(failure(bytes).hasPrefix("is a damaged ELF file: "))
            }
        }
    }

    /// Whatever is changed in a file, reading it ends, with a value or an error.
    @Test func survivesMutatedFiles() {
        var random = SplitMix(seed: 20_261_123)
        let seeds = [
            ELFBuilder.program(needs: "liba.so", "libc.so.6", runpath: "$ORIGIN").bytes,
            ELFBuilder.library("libx.so.1", needs: "libc.so.6", rpath: "/a:/b").bytes, ELFBuilder.staticProgram.bytes,
        ]
        let telling: [UInt8] = [0, 1, 2, 3, 0x7F, 0x80, 0xFE, 0xFF]
        var failures = 0
        for round in 0..<10_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<(1 + Int(random.next() % 6)) {
                let place = Int(random.next() % UInt64(bytes.count))
                let count = min([1, 2, 4, 8][Int(random.next() % 4)], bytes.count - place)
                let byte = random.next() % 2 == 0 ? telling[Int(random.next() % 8)] : UInt8(random.next() & 0xFF)
                for index in place..<(place + count) { bytes[index] = byte }
            }
            if random.next() % 8 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
            if failure(bytes) != "ok" { failures += 1 }
        }
        #expect(failures > 1000)
    }

    private func littleEndian(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(value >> (8 * $0) & 0xFF) } }
}

/// A generator of numbers that are the same in every run.
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
