internal import LinuxSystem

/// A directory tree of an interpreter's modules, and the shared objects in it.
struct ModuleTree {
    /// The directories that hold shared objects.
    private(set) var directories: [String] = []
    /// The shared objects.
    private(set) var sharedObjects: [String] = []

    /// Looks through a tree, following no links.
    ///
    /// - Parameters:
    ///   - path: The tree's directory.
    ///   - files: Where it is.
    /// - Throws: ``PlanError`` where a directory cannot be listed.
    init(_ path: String, in files: HostFiles) throws(PlanError) {
        var pending = [path]
        while let directory = pending.popLast() {
            var holdsSharedObjects = false
            for entry in try files.entries(directory) {
                let path = directory.appendingComponent(entry.name)
                var kind = entry.kind
                if kind == nil { kind = try files.status(path)?.kind }
                switch kind {
                case .directory: pending.append(path)
                case .regular where entry.name.isSharedObjectName:
                    holdsSharedObjects = true
                    sharedObjects.append(path)
                default: break
                }
            }
            if holdsSharedObjects { directories.append(directory) }
        }
    }
}

extension String {
    /// Whether a file of this name is a shared object: `x.so`, `libx.so.1`, `x.node`.
    fileprivate var isSharedObjectName: Bool {
        hasByteSuffix(".so") || hasByteSuffix(".node")
            || (utf8.last.map(isDigit) ?? false && matched(by: "*.so.*") != nil)
    }

    private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// Whether the text ends with these bytes.
    func hasByteSuffix(_ suffix: String) -> Bool { utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) }
}
