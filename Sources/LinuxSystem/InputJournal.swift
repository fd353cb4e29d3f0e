internal import Glibc

/// What a computation took from outside itself: files it looked at and variables of the environment.
///
/// While all of it is as it was, the computation would come to the same; so a result can be kept together with its
/// journal and taken again where ``isCurrent(_:_:)`` says so. Files are told apart by identity and times, not by content:
/// the time of change (ctime) cannot be set by a program, and a file that was changed a moment before it was looked
/// at makes the journal useless (``isSettled``), since a change in the same tick of the clock would not show.
///
/// Files below /proc are not written down, as their status says nothing: whoever reads them notes what was learnt.
public struct InputJournal: Equatable, Sendable {
    /// What was found at a path.
    struct Entry: Equatable {
        /// Whether a link at the path's end was followed.
        let followsLink: Bool
        /// Whether a directory's names were read, so that its times matter.
        var isListing: Bool
        /// nil where nothing was there.
        var identity: FileIdentity?

        /// Whether the path leads to the same as then.
        func holds(at path: String) -> Bool {
            do throws(SystemCallError) {
                guard let status = try fileStatus(path, followsLink: followsLink) else { return identity == nil }
                return FileIdentity(status).isSame(as: identity, includingTimes: isListing)
            } catch {
                return false  // It cannot be looked at any more: then the computation is done again.
            }
        }
    }

    /// The files, by path; a path that was looked at in both ways stands twice.
    var files: [Key: Entry] = [:]
    /// The variables that were asked for; nil is one that was not set.
    public internal(set) var variables: [String: String?] = [:]
    /// Whether everything that was looked at could be written down, and was the same whenever it was looked at.
    public private(set) var isComplete = true
    /// When the computation began, in nanoseconds since 1970.
    private let began = wallClock()

    struct Key: Hashable {
        let path: String
        let followsLink: Bool
    }

    /// The journal of the computation that runs, if one is kept. The program has one thread; tests have several, of which
    /// only the one that keeps it touches it.
    nonisolated(unsafe) private static var current: InputJournal?
    nonisolated(unsafe) private static var keeper: pthread_t?

    /// Runs a computation and writes down what it looks at.
    ///
    /// - Parameter computation: What to run.
    /// - Returns: Its result and the journal.
    /// - Throws: What the computation throws.
    public static func keep<Result>(_ computation: () throws -> Result) rethrows -> (Result, InputJournal) {
        current = InputJournal()
        keeper = pthread_self()
        defer {
            keeper = nil
            current = nil
        }
        let result = try computation()
        guard let journal = current else { preconditionFailure("a journal within a journal") }
        return (result, journal)
    }

    init() {}

    /// Notes a variable of the environment that is about to be used.
    ///
    /// - Parameters:
    ///   - name: The variable.
    ///   - value: Its value; nil where it is not set.
    public static func note(variable name: String, _ value: String?) {
        if isKept { current?.variables[name] = .some(value) }
    }

    // MARK: What this module's calls note

    static var isKept: Bool { keeper != nil && keeper == pthread_self() }

    static func note(_ path: String, followsLink: Bool, isListing: Bool = false, _ status: FileStatus?) {
        if isKept { current?.add(path, followsLink: followsLink, isListing: isListing, status) }
    }

    /// Something was looked at that cannot be looked at again in the same way.
    static func noteFailure(_ path: String) {
        if isKept, !path.hasPrefix("/proc/") { current?.isComplete = false }
    }

    private mutating func add(_ path: String, followsLink: Bool, isListing: Bool, _ status: FileStatus?) {
        if path.hasPrefix("/proc/") { return }
        // A line of the text form ends with the path.
        if path.utf8.contains(UInt8(ascii: "\n")) { isComplete = false }
        let key = Key(path: path, followsLink: followsLink)
        let known = files[key]
        let entry = Entry(
            followsLink: followsLink, isListing: isListing || known?.isListing == true,
            identity: status.map { FileIdentity($0) })
        if let known, !known.identity.isSame(as: entry.identity, includingTimes: known.isListing && isListing) {
            isComplete = false
        }
        files[key] = entry
    }

    // MARK: Whether it holds

    /// Whether nothing that was looked at had been changed right before: a change right after would not show.
    public var isSettled: Bool {
        // A tick of the clock that file systems take times from is at most 10 ms.
        let limit = began - 20_000_000
        return files.values.allSatisfy { entry in
            guard let identity = entry.identity, identity.comparesTimes(isListing: entry.isListing) else { return true }
            return identity.changed < limit && identity.modified < limit
        }
    }
}

/// What tells one state of a file from another.
struct FileIdentity: Equatable {
    let device: DeviceNumber
    let inode: UInt64
    /// Kind and permissions, as st_mode has them.
    let mode: UInt32
    let uid: UInt32
    let gid: UInt32
    let size: UInt64
    let modified: Int64
    let changed: Int64

    private var isDirectory: Bool { mode >> 12 == 4 }

    /// Whether size and times count: of a directory that was only passed through they do not.
    func comparesTimes(isListing: Bool) -> Bool { isListing || !isDirectory }

    func isSame(as other: FileIdentity?, includingTimes isListing: Bool) -> Bool {
        guard let other, device == other.device, inode == other.inode, mode == other.mode, uid == other.uid,
            gid == other.gid
        else { return false }
        guard comparesTimes(isListing: isListing) else { return true }
        return size == other.size && modified == other.modified && changed == other.changed
    }
}

extension FileIdentity {
    init(_ status: FileStatus) {
        device = status.device
        inode = status.inode
        mode = status.mode
        (uid, gid) = (status.uid, status.gid)
        size = status.size
        (modified, changed) = (status.modified, status.changed)
    }
}

extension FileIdentity? {
    fileprivate func isSame(as other: FileIdentity?, includingTimes: Bool) -> Bool {
        guard let self else { return other == nil }
        return self.isSame(as: other, includingTimes: includingTimes)
    }
}
