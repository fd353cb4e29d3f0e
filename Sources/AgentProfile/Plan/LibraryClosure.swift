internal import LinuxSystem

/// Finds what programs load: their loader and, as it would find them, all libraries they need (ld.so(8)).
final class LibraryClosure {
    /// What one program or library brings with it.
    struct Result {
        /// The libraries, in the order the loader meets them; the object itself is not among them.
        var libraries: [LoadedObject] = []
        /// The libraries that are nowhere, with who needs them.
        var missing: [(name: String, neededBy: String)] = []
    }

    private let files: HostFiles
    /// What programs and libraries must be made for.
    let machine: ELFFile.Machine
    /// Directories that come before the loader's own, as LD_LIBRARY_PATH of the policy says.
    private let preferredDirectories: [String]
    private var objects: [PathKey: LoadedObject?] = [:]
    private var found: [PathKey: LoadedObject?] = [:]
    /// The loader's table; nil where the host has none.
    private(set) lazy var cache: LoaderCache? = readCache()
    /// The names that the table gave.
    private(set) var namesTakenFromCache: Set<PathKey> = []

    /// A finder.
    ///
    /// - Parameters:
    ///   - files: Where to look.
    ///   - machine: What programs must be made for.
    ///   - preferredDirectories: Directories that are searched before the loader's own.
    init(files: HostFiles, machine: ELFFile.Machine, preferredDirectories: [String] = []) {
        self.files = files
        self.machine = machine
        self.preferredDirectories = preferredDirectories
    }

    /// Reads a file as a program or library for this machine; nil where it is none.
    func object(at path: String) throws(PlanError) -> LoadedObject? {
        let key = PathKey(path)
        if let known = objects[key] { return known }
        var object: LoadedObject?
        if let resolved = try files.resolve(path), resolved.status.kind == .regular {
            var bytes = ELFBytes(try files.open(resolved.path), size: resolved.status.size)
            if let file = try? ELFFile(&bytes), file.machine == machine {
                object = LoadedObject(
                    path: resolved.path, origin: path.parentPath, links: resolved.links, file: file)
            }
        }
        objects[key] = .some(object)
        return object
    }

    /// All that a program or library loads at its start.
    func closure(of root: LoadedObject) throws(PlanError) -> Result {
        var result = Result()
        // Each object with the chain of those that asked for it: their DT_RPATHs count for it too.
        var queue: [(object: LoadedObject, chain: [LoadedObject])] = [(root, [root])]
        var names: Set<PathKey> = []
        var paths: Set<PathKey> = [PathKey(root.path)]
        var next = 0
        while next < queue.count {
            let (object, chain) = queue[next]
            next += 1
            for name in object.file.needed where names.insert(PathKey(name)).inserted {
                guard let library = try find(name, for: chain) else {
                    if !isLoader(name, of: root) { result.missing.append((name, object.path)) }
                    continue
                }
                if let soname = library.file.soname { names.insert(PathKey(soname)) }
                guard paths.insert(PathKey(library.path)).inserted else { continue }
                result.libraries.append(library)
                queue.append((library, [library] + chain))
            }
        }
        return result
    }

    /// Where a library is that a program opens by name while it runs (dlopen(3)).
    func library(named name: String) throws(PlanError) -> LoadedObject? {
        name.utf8.contains(UInt8(ascii: "/")) ? try object(at: name) : try findByDefault(name, usesDefaults: true)
    }

    /// Looks for a library in the loader's order.
    ///
    /// - Parameters:
    ///   - name: What the object asks for.
    ///   - chain: The object that asks, then the one that asked for it, and so on to the program.
    /// - Returns: The library, or nil.
    /// - Throws: ``PlanError``.
    private func find(_ name: String, for chain: [LoadedObject]) throws(PlanError) -> LoadedObject? {
        guard let asking = chain.first else { return nil }
        if name.utf8.contains(UInt8(ascii: "/")) {
            guard let path = asking.directories([name]).first else { return nil }
            return try object(at: path)
        }
        var directories: [String] = []
        if asking.file.runpath == nil {
            for object in chain where object.file.runpath == nil {
                directories += object.directories(object.file.rpath)
            }
        }
        directories += preferredDirectories
        directories += asking.directories(asking.file.runpath ?? [])
        for directory in directories {
            if let object = try object(at: directory.appendingComponent(name)) { return object }
        }
        return try findByDefault(name, usesDefaults: !asking.file.ignoresDefaultDirectories)
    }

    private func findByDefault(_ name: String, usesDefaults: Bool) throws(PlanError) -> LoadedObject? {
        let key = PathKey(name)
        if usesDefaults, let known = found[key] { return known }
        var result: LoadedObject?
        if let path = cache?.path(of: name), usesDefaults || !isDefault(path.parentPath) {
            result = try object(at: path)
            if result != nil { namesTakenFromCache.insert(key) }
        }
        if usesDefaults {
            for directory in machine.defaultLibraryDirectories where result == nil {
                result = try object(at: directory.appendingComponent(name))
            }
            found[key] = .some(result)
        }
        return result
    }

    private func isDefault(_ directory: String) -> Bool {
        machine.defaultLibraryDirectories.contains { $0.isSamePath(as: directory) }
    }

    /// Whether a name is the loader itself, which is in memory before any library; musl's libc is its own loader.
    private func isLoader(_ name: String, of root: LoadedObject) -> Bool {
        guard let interpreter = root.file.interpreter else { return false }
        return interpreter.lastComponent == name || (name.hasPrefix("libc.musl-") && interpreter.contains("ld-musl-"))
    }

    private func readCache() -> LoaderCache? {
        // A table that cannot be read is no table: the loader falls back to its directories in the same way.
        guard let bytes = try? files.contents("/etc/ld.so.cache") else { return nil }
        return LoaderCache(bytes, machine: machine)
    }
}
