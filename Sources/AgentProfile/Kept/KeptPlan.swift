public import JSON
public import LinuxSystem
public import OCISpec

/// A plan that was made before, and its bundle on disk.
public struct KeptPlan {
    /// The bundle's absolute path.
    public let path: String
    /// What plans of the same request are known by: letters and digits.
    public var name: String {
        // The bundle's name, up to its number.
        String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...].prefix { $0 != "-" })
    }
    /// Its configuration, for the command that it was planned for.
    public private(set) var spec: Spec
    /// What the user should know.
    public let notes: [String]
    /// What was kept with it.
    public let context: JSONObject
    /// What it was made from, as ``InputJournal`` writes it.
    private let journal: ArraySlice<UInt8>
    /// Keeps the bundle from being removed.
    private let use: FileDescriptorBox

    init(
        path: String, spec: Spec, notes: [String], context: JSONObject, journal: ArraySlice<UInt8>,
        use: FileDescriptorBox
    ) {
        self.path = path
        self.spec = spec
        self.notes = notes
        self.context = context
        self.journal = journal
        self.use = use
    }

    /// The files and variables that it was made from; it says nothing of mounts. nil for a record that is damaged.
    public var inputs: InputJournal? { InputJournal(journal) }

    /// Puts another call's arguments, and its place in its session, into the configuration.
    ///
    /// - Parameters:
    ///   - command: The command; its program is the one that the plan was asked for by.
    ///   - call: The number of the call in its session.
    /// - Throws: ``PlanError`` for what no argument can be.
    public mutating func prepare(_ command: [String], call: UInt64) throws(PlanError) {
        guard !command.contains(where: { $0.utf8.contains(0) }) else { throw CommandPlan.nulByte }
        guard let program = spec.process?.args.first else { throw PlanError("the kept plan has no program") }
        spec.process?.args = [program] + command.dropFirst()
        if let group = spec.linux?.cgroupsPath, let end = group.utf8.lastIndex(of: UInt8(ascii: "-")) {
            spec.linux?.cgroupsPath = "\(group[..<end])-\(call)"
        }
    }
}

/// The first line of a record.
struct PlanHeader: JSONDecodable, JSONEncodable {
    /// The request, in full: the record's name is only a hash of it.
    let key: String
    /// The name of the bundle's directory.
    let bundle: String
    let notes: [String]
    /// Whether something was mounted below these directories of the host.
    let mountAnswers: [String: Bool]
    let context: JSONObject

    init(key: String, bundle: String, notes: [String], mountAnswers: [String: Bool], context: JSONObject) {
        self.key = key
        self.bundle = bundle
        self.notes = notes
        self.mountAnswers = mountAnswers
        self.context = context
    }

    init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        key = try object.required("key")
        bundle = try object.required("bundle")
        notes = try object.required("notes")
        mountAnswers = try object.required("mounts")
        context = try object.required("context", as: AnyObject.self).object
    }

    var json: JSONValue {
        var object = JSONObject()
        object.encode("key", key)
        object.encode("bundle", bundle)
        object.encode("notes", notes)
        object.encode("mounts", mountAnswers)
        object.encode("context", context)
        return object.json
    }

    /// Whether the host's mounts would still be answered about in the same way.
    func mountsAreAsTheyWere() throws(SystemCallError) -> Bool {
        if mountAnswers.isEmpty { return true }
        let mounts = HostMounts(text: try readFile("/proc/self/mountinfo", limit: 8 << 20))
        return mountAnswers.allSatisfy { mounts.hasMount(below: $0.key) == $0.value }
    }

    private struct AnyObject: JSONDecodable {
        let object: JSONObject

        init(json: JSONValue) throws(JSONDecodingError) { object = try json.asObject() }
    }
}
