internal import LinuxSystem

/// One value for one file of a control group.
///
/// Source: the kernel's Documentation/admin-guide/cgroup-v2.rst, Controllers.
public struct ControlSetting: Equatable, Sendable {
    /// The file in the group's directory: `memory.max`.
    public var file: String
    /// What is written into it, without a line feed.
    public var value: String
    /// Where the bundle asks for it: `linux.resources.memory.limit`.
    public var origin: String
    /// What does the same where the kernel has no ``file``: `io.weight` for `io.bfq.weight`.
    public var alternative: Alternative?

    /// Another file for the same purpose.
    public struct Alternative: Equatable, Sendable {
        /// The file in the group's directory.
        public var file: String
        /// What is written into it.
        public var value: String
    }

    /// A value for a file.
    ///
    /// - Parameters:
    ///   - file: The file in the group's directory.
    ///   - value: What is written into it.
    ///   - origin: Where the bundle asks for it.
    ///   - alternative: What does the same where the kernel has no such file.
    public init(_ file: String, _ value: String, origin: String, alternative: Alternative? = nil) {
        self.file = file
        self.value = value
        self.origin = origin
        self.alternative = alternative
    }

    /// The controller that the file belongs to, or nil for files that every group has (`cgroup.max.depth`).
    public var controller: String? {
        let name = file.utf8.prefix { $0 != UInt8(ascii: ".") }
        return name.elementsEqual("cgroup".utf8) ? nil : String(Substring(name))
    }
}

/// Writes settings in their order; one that the kernel takes for invalid is tried again after the others.
///
/// Some values bound one another: a burst its quota, memory alone memory and swap together. Then it depends on those
/// that are there which of the new ones may come first.
///
/// - Parameters:
///   - settings: The settings.
///   - write: Writes one.
/// - Throws: ``CgroupError`` of the first that cannot be written; others may be.
func writeInTurn(
    _ settings: [ControlSetting], _ write: (ControlSetting) throws(CgroupError) -> Void
) throws(CgroupError) {
    var rest = settings
    while !rest.isEmpty {
        var refused: [ControlSetting] = []
        var failure: CgroupError?
        for setting in rest {
            do throws(CgroupError) {
                try write(setting)
            } catch  where error.errno == .invalidArgument {
                refused.append(setting)
                failure = failure ?? error
            }
        }
        if let failure, refused.count == rest.count { throw failure }
        rest = refused
    }
}
