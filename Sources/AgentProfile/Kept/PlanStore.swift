public import JSON
public import LinuxSystem
internal import OCISpec

/// Keeps the bundles of plans, with the journal of what each was planned from, so that a call like an earlier one plans
/// nothing: decision 0016.
///
/// In the directory, which nobody but its owner may write, there is for each plan a file, its record, and a directory,
/// its bundle. A record's name is a hash of the request, which stands in it in full; a bundle's name is its record's
/// with a number of its own, so that a bundle that is in use never changes. Whoever uses a bundle holds a shared lock on
/// its directory; it is removed only under an exclusive one.
///
/// A store that cannot be read or written is an empty one: that costs time, never safety.
public struct PlanStore {
    private let directory: FileDescriptorBox
    private let path: String

    /// How many bundles are kept at the most.
    static let mostBundles = 64
    private static let mostBytes = 16 << 20

    /// A store.
    ///
    /// - Parameters:
    ///   - directory: The open directory.
    ///   - path: Its absolute path, free of links.
    public init(directory: FileDescriptorBox, path: String) {
        self.directory = directory
        self.path = path
    }

    // MARK: Finding

    /// The kept plan of a request, if what it was made from is as it was.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - environment: Looks a variable of the caller's up.
    /// - Returns: The plan, or nil.
    public func plan(for request: PlanRequest, _ environment: (String) -> String?) -> KeptPlan? {
        do {
            let (key, name) = try request.keyAndName()
            let record = try directory.descriptor.open(name, .readOnly).readAll(limit: Self.mostBytes)
            guard let end = record.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            let header = try PlanHeader(json: JSONParser.parse(Array(record[..<end])))
            guard header.key.utf8.elementsEqual(key.utf8),
                InputJournal.isCurrent(record[(end + 1)...], environment), try header.mountsAreAsTheyWere()
            else { return nil }
            return try open(header, record[(end + 1)...])
        } catch {
            return nil
        }
    }

    private func open(_ header: PlanHeader, _ journal: ArraySlice<UInt8>) throws -> KeptPlan? {
        let bundle = try directory.descriptor.open(header.bundle, [.readOnly, .directory])
        // Who removes it holds the other lock, and has taken config.json away before this one is had.
        try bundle.lock(.shared, waits: false)
        let config = try bundle.open("config.json", .readOnly).readAll(limit: Self.mostBytes)
        return KeptPlan(
            path: path + "/" + header.bundle, spec: try Spec(json: JSONParser.parse(config)), notes: header.notes,
            context: header.context, journal: journal, use: FileDescriptorBox(bundle))
    }

    /// A plan whose bundle is known, whatever has become of what it was made from.
    ///
    /// - Parameter path: The bundle's path.
    /// - Returns: The plan; nil where it is no bundle of this store, or another has taken its place.
    /// - Throws: What is wrong with the plan.
    public func plan(at path: String) throws -> KeptPlan? {
        guard path.hasPrefix(self.path + "/") else { return nil }
        let bundle = String(path.dropFirst(self.path.count + 1))
        let name = String(bundle.prefix { $0 != "-" })
        if name.isEmpty || bundle.utf8.contains(UInt8(ascii: "/")) { return nil }
        let record = try directory.descriptor.open(name, .readOnly).readAll(limit: Self.mostBytes)
        guard let end = record.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let header = try PlanHeader(json: JSONParser.parse(Array(record[..<end])))
        return header.bundle == bundle ? try open(header, record[(end + 1)...]) : nil
    }

    // MARK: Keeping

    /// Writes a plan's bundle, and keeps it.
    ///
    /// - Parameters:
    ///   - plan: The plan.
    ///   - request: What it was asked for by.
    ///   - journal: What it was made from.
    ///   - notes: What the user should know, each time.
    ///   - context: What else the caller wants back with it.
    /// - Returns: The kept plan, in use; nil where it cannot be kept.
    public func keep(
        _ plan: BundlePlan, for request: PlanRequest, _ journal: InputJournal, notes: [String], context: JSONObject
    ) -> KeptPlan? {
        guard journal.isSettled, plan.rootfs.directoriesToCreate.isEmpty, let text = journal.text else { return nil }
        do {
            let (key, name) = try request.keyAndName()
            let bundle = "\(name)-\(currentProcessID())-\(wallClock())"
            let header = PlanHeader(
                key: key, bundle: bundle, notes: notes, mountAnswers: plan.mountAnswers, context: context)
            let use = try write(plan, bundle)
            try write(header, text, name)
            removeOthers(of: name, but: bundle)
            return KeptPlan(
                path: path + "/" + bundle, spec: plan.spec, notes: notes, context: context, journal: text[...],
                use: use)
        } catch {
            return nil
        }
    }

    private func write(_ plan: BundlePlan, _ bundle: String) throws(SystemCallError) -> FileDescriptorBox {
        try directory.descriptor.makeDirectory(bundle, mode: 0o755)
        let opened = try directory.descriptor.open(bundle, [.readOnly, .directory])
        try opened.lock(.shared)
        do throws(SystemCallError) {
            try BundleWriter.write(plan, into: opened)
        } catch {
            // What is left is removed as far as it can be; the first failure is the one that counts.
            try? directory.descriptor.removeTree(bundle)
            throw error
        }
        return FileDescriptorBox(opened)
    }

    private func write(_ header: PlanHeader, _ journal: [UInt8], _ name: String) throws(SystemCallError) {
        let temporary = ".\(name).\(currentProcessID())"
        let file = try directory.descriptor.open(temporary, [.writeOnly, .create, .truncate], mode: 0o600)
        try file.write(JSONWriter.bytes(header) + [UInt8(ascii: "\n")] + journal)
        try directory.descriptor.rename(temporary, to: name)
    }

    /// Removes the bundles that the new one has taken the place of, and the oldest of all where there are too many; those
    /// in use stay until another time.
    private func removeOthers(of name: String, but bundle: String) {
        do {
            let names = try directory.descriptor.entries(path: path)
            var bundles = names.filter { $0.utf8.contains(UInt8(ascii: "-")) && $0 != bundle }
            for old in bundles where old.hasPrefix(name + "-") { removeUnused(old) }
            bundles.removeAll { $0.hasPrefix(name + "-") }
            guard bundles.count >= Self.mostBundles else { return }
            bundles.sort { Self.time(of: $0) < Self.time(of: $1) }
            for old in bundles.prefix(bundles.count + 1 - Self.mostBundles) {
                removeUnused(old)
            }
        } catch {
            return  // Another time.
        }
    }

    /// When a bundle was made, which its name ends with.
    private static func time(of bundle: String) -> Int64 {
        bundle.split(separator: "-").last.flatMap { Int64($0) } ?? 0
    }

    private func removeUnused(_ bundle: String) {
        do throws(SystemCallError) {
            let opened = try directory.descriptor.open(bundle, [.readOnly, .directory])
            try opened.lock(.exclusive, waits: false)
            // First: a bundle without it is none.
            try opened.removeTree("config.json")
            try directory.descriptor.removeTree(bundle)
        } catch {
            return  // In use, or gone.
        }
    }
}
