internal import JSON
internal import LinuxSystem

/// The file where the gate says what it refused, a line of JSON each. What is refused again is not said again, and there
/// is an end to it: a program that tries without end fills nothing.
final class RefusalLog {
    private let file: UnownedDescriptor
    private var seen: Set<Entry> = []
    private var isFull = false
    /// The most lines; a last one says that there were more.
    static let mostEntries = 200

    /// What was refused, or could not be done.
    struct Entry: Hashable {
        /// `name`, `address` or `answer`.
        var kind: String
        var name: String?
        var address: String?
        var port: UInt16?
        var reason: String
    }

    init(_ file: UnownedDescriptor) { self.file = file }

    func add(_ entry: Entry) {
        guard !isFull, seen.insert(entry).inserted else { return }
        var object = JSONObject()
        if seen.count > Self.mostEntries {
            isFull = true
            object.encode("kind", "more")
        } else {
            object.encode("kind", entry.kind)
            object.encode("name", entry.name)
            object.encode("address", entry.address)
            object.encode("port", entry.port)
            object.encode("reason", entry.reason)
        }
        // The file is in memory or on a disk that may be full; a connection is refused all the same.
        do { try file.write(JSONWriter.bytes(object) + [10]) } catch { isFull = true }
    }
}
