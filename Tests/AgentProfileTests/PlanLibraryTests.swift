import Testing

@testable import AgentProfile

struct PlanLibraryTests {
    private let host: PlanHost
    private static let loaderDirectory = "/usr/lib/x86_64-linux-gnu"

    init() throws { host = try PlanHost(isEmpty: true) }

    /// What a program loads, in order; missing libraries as `NAME?`.
    private func closure(_ path: String, preferred: [String] = []) throws -> [String] {
        let closure = LibraryClosure(files: host.files, machine: .x86_64, preferredDirectories: preferred)
        let object = try #require(try closure.object(at: path))
        let result = try closure.closure(of: object)
        return result.libraries.map(\.path) + result.missing.map { "\($0.name)?" }
    }

    @Test func findsLibrariesBreadthFirstAndEachOnce() throws {
        try host.elf("/usr/bin/tool", .program(needs: "liba.so", "libb.so"))
        try host.elf("/usr/lib/liba.so", .library("liba.so", needs: "libc.so", "libb.so"))
        try host.elf("/usr/lib/libb.so", .library("libb.so", needs: "liba.so", "libgone.so"))
        try host.elf("/usr/lib/libc.so", .library("libc.so"))
        #expect(
            try closure("/usr/bin/tool") == ["/usr/lib/liba.so", "/usr/lib/libb.so", "/usr/lib/libc.so", "libgone.so?"])
    }

    @Test func runpathIsTheObjectsOwn() throws {
        try host.elf("/opt/bin/tool", .program(needs: "liba.so", runpath: "$ORIGIN/../lib"))
        try host.elf("/opt/lib/liba.so", .library("liba.so", needs: "libb.so"))
        try host.elf("/opt/lib/libb.so", .library("libb.so"))
        #expect(try closure("/opt/bin/tool") == ["/opt/lib/liba.so", "libb.so?"])
    }

    @Test func rpathIsInheritedUnlessThereIsARunpath() throws {
        try host.elf("/opt/bin/tool", .program(needs: "liba.so", rpath: "${ORIGIN}/../lib"))
        try host.elf("/opt/lib/liba.so", .library("liba.so", needs: "libb.so"))
        try host.elf("/opt/lib/libb.so", .library("libb.so", needs: "libd.so", runpath: "/nowhere"))
        try host.elf("/opt/lib/libd.so", .library("libd.so"))
        #expect(try closure("/opt/bin/tool") == ["/opt/lib/liba.so", "/opt/lib/libb.so", "libd.so?"])
    }

    @Test func searchesInTheLoadersOrder() throws {
        let places = ["/rpath", "/preferred", "/runpath", "/cached", Self.loaderDirectory, "/usr/lib"]
        for place in places { try host.elf("\(place)/liba.so", .library("liba.so")) }
        try host.file(
            "/etc/ld.so.cache",
            LoaderCache(entries: [.init(name: "liba.so", path: "/cached/liba.so")], machine: .x86_64).bytes { _ in true
            })
        try host.elf("/bin/rpath", .program(needs: "liba.so", rpath: "/rpath"))
        try host.elf("/bin/runpath", .program(needs: "liba.so", runpath: "/runpath"))
        try host.elf("/bin/both", .program(needs: "liba.so", runpath: "/runpath", rpath: "/rpath"))
        try host.elf("/bin/plain", .program(needs: "liba.so"))
        #expect(try closure("/bin/rpath", preferred: ["/preferred"]) == ["/rpath/liba.so"])
        #expect(try closure("/bin/runpath", preferred: ["/preferred"]) == ["/preferred/liba.so"])
        #expect(try closure("/bin/both") == ["/runpath/liba.so"])
        #expect(try closure("/bin/plain") == ["/cached/liba.so"])
        try host.file("/etc/ld.so.cache")
        #expect(try closure("/bin/plain") == ["\(Self.loaderDirectory)/liba.so"])
    }

    @Test func passesOverWhatIsNoLibraryOfThisMachine() throws {
        try host.elf("/bin/tool", .program(needs: "liba.so", runpath: "/text:/foreign:/right"))
        try host.file("/text/liba.so", "GROUP ( libreal.so )")
        try host.elf("/foreign/liba.so", ELFBuilder(machine: 183, soname: "liba.so"))
        try host.elf("/right/liba.so", .library("liba.so"))
        #expect(try closure("/bin/tool") == ["/right/liba.so"])
    }

    @Test func remembersTheLinksOnTheWay() throws {
        try host.link("/lib", to: "usr/lib")
        try host.link("/usr/lib/liba.so.1", to: "private/liba.so.1.2")
        try host.elf("/usr/lib/private/liba.so.1.2", .library("liba.so.1", needs: "libb.so", runpath: "$ORIGIN"))
        try host.elf("/usr/lib/libb.so", .library("libb.so"))
        try host.elf("/usr/bin/tool", .program(needs: "liba.so.1"))
        let closure = LibraryClosure(files: host.files, machine: .x86_64)
        let tool = try #require(try closure.object(at: "/usr/bin/tool"))
        let libraries = try closure.closure(of: tool).libraries
        // $ORIGIN of a library is the directory it was found in, before links.
        #expect(libraries.map(\.path) == ["/usr/lib/private/liba.so.1.2", "/usr/lib/libb.so"])
        #expect(libraries[0].links.map(\.path) == ["/lib", "/usr/lib/liba.so.1"])
    }

    @Test func theLoaderNeedNotBeFound() throws {
        try host.elf("/bin/tool", .program(needs: "ld-linux-x86-64.so.2"))
        #expect(try closure("/bin/tool") == [])
        try host.elf(
            "/bin/alpine", ELFBuilder(interpreter: "/lib/ld-musl-x86_64.so.1", needed: ["libc.musl-x86_64.so.1"]))
        #expect(try closure("/bin/alpine") == [])
    }
}

struct PlanLoaderCacheTests {
    private let entries = [
        LoaderCache.Entry(name: "libz.so.1", path: "/lib/libz.so.1"),
        LoaderCache.Entry(name: "libc.so.6", path: "/lib/libc.so.6"),
        LoaderCache.Entry(name: "libc.so.6", path: "/other/libc.so.6"),
    ]

    @Test func writesWhatItReads() throws {
        let table = LoaderCache(entries: entries, machine: .x86_64)
        let read = try #require(LoaderCache(table.bytes { _ in true }, machine: .x86_64))
        #expect(read.entries == entries)
        #expect(read.path(of: "libc.so.6") == "/lib/libc.so.6")
        #expect(read.path(of: "libx.so") == nil)
        let part = try #require(LoaderCache(table.bytes { $0.name == "libz.so.1" }, machine: .x86_64))
        #expect(part.entries == [entries[0]])
        // Another machine's libraries are not for this one.
        #expect(LoaderCache(table.bytes { _ in true }, machine: .aarch64)?.entries == [])
    }

    @Test func readsATableBehindTheOldOne() throws {
        let table = LoaderCache(entries: entries, machine: .x86_64).bytes { _ in true }
        // One entry of the old form: 16 + 12 bytes, filled up to a multiple of 8.
        let old = Array("ld.so-1.7.0".utf8) + [0, 1, 0, 0, 0] + [UInt8](repeating: 0, count: 16)
        #expect(LoaderCache(old + table, machine: .x86_64)?.entries == entries)
    }

    @Test func survivesMutatedTables() {
        let table = LoaderCache(entries: entries, machine: .x86_64).bytes { _ in true }
        var random = SplitMix(seed: 7)
        for _ in 0..<10_000 {
            var bytes = table
            for _ in 0..<4 { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(random.next() & 0xFF) }
            if random.next() % 4 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
            _ = LoaderCache(bytes, machine: .x86_64)
        }
    }

    /// The loader of the machine the tests run on reads tables in the same form.
    @Test func readsTheHostsTable() throws {
        guard let bytes = try HostFiles().contents("/etc/ld.so.cache"),
            let table = LoaderCache(bytes, machine: .native), !table.entries.isEmpty
        else { return }
        #expect(table.entries.allSatisfy { $0.path.utf8.first == UInt8(ascii: "/") })
        #expect(table.path(of: "libc.so.6") != nil)
    }
}
