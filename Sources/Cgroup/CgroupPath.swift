internal import LinuxSystem

/// Where a container's control group lies below the root of the hierarchy; it cannot lead out of it.
///
/// Source: runtime-spec config-linux.md, Cgroups Path.
public struct CgroupPath: Equatable, Sendable, CustomStringConvertible {
    /// The names from the root down; at least one.
    public let components: [String]

    /// A cgroupsPath as a bundle has it. An absolute path starts at the root of the hierarchy, a relative one below
    /// `agentrt`. Components `.` and doubled slashes are left out, as the kernel would: they name no other group, and
    /// the path that is kept is the one that later verbs open.
    ///
    /// - Parameters:
    ///   - cgroupsPath: The path.
    ///   - base: The group that holds `agentrt`, from the root down.
    /// - Throws: ``CgroupError`` for a path with `..` or NUL, one that names the root, or one with over-long names.
    public init(_ cgroupsPath: String, below base: [String] = []) throws(CgroupError) {
        var components = cgroupsPath.split(separator: "/").filter { $0 != "." }.map(String.init)
        if !cgroupsPath.hasPrefix("/") { components = base + ["agentrt"] + components }
        for component in components {
            if component == ".." { throw CgroupError("\(quoted(cgroupsPath)) leads out of the hierarchy by \"..\"") }
            if component.utf8.count > 255 { throw CgroupError("\(quoted(cgroupsPath)) has a name over 255 bytes") }
            if component.utf8.contains(0) || component.utf8.contains(10) {
                throw CgroupError("\(quoted(cgroupsPath)) has a NUL or line feed")
            }
        }
        if components.isEmpty { throw CgroupError("\(quoted(cgroupsPath)) names the root of the hierarchy") }
        self.components = components
        description = Self.text(components[...])
    }

    /// The path from the root of the hierarchy, beginning with `/`.
    public let description: String

    /// The paths of the groups above, the nearest first, as ``description`` has them.
    var parents: [String] {
        (1..<components.count).reversed().map { Self.text(components[..<$0]) }
    }

    private static func text(_ components: ArraySlice<String>) -> String {
        var text = ""
        for component in components { text += "/" + component }
        return text
    }
}
