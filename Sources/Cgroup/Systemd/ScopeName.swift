internal import LinuxSystem

/// The unit that a container becomes under systemd, and the slice it lies in.
///
/// Source: runc's and crun's form of `linux.cgroupsPath` for systemd, `SLICE:PREFIX:NAME`; systemd.unit(5) and
/// systemd.slice(5) for names.
public struct ScopeName: Equatable, Sendable {
    /// The scope: `cri-containerd-3f2a.scope`.
    public let unit: String
    /// The slice: `kubepods-burstable.slice`.
    public let slice: String

    /// Reads a bundle's path.
    ///
    /// - Parameters:
    ///   - cgroupsPath: `linux.cgroupsPath`; nil gives a scope named after the container.
    ///   - id: The container.
    ///   - isOfUser: Whether it is for a user's own systemd, which has another slice for what names none.
    /// - Throws: ``CgroupError`` with the JSON path where it is of another form.
    public init(_ cgroupsPath: String?, id: String, isOfUser: Bool) throws(CgroupError) {
        let usualSlice = isOfUser ? "user.slice" : "system.slice"
        guard let cgroupsPath else {
            unit = "agentrt-\(id).scope"
            slice = usualSlice
            try check()
            return
        }
        let parts = cgroupsPath.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3 else {
            throw CgroupError(
                "linux.cgroupsPath: under systemd it has the form SLICE:PREFIX:NAME, not \(quoted(cgroupsPath))")
        }
        slice = parts[0].isEmpty ? usualSlice : parts[0]
        guard !parts[2].utf8.hasSuffix(".slice") else {
            throw CgroupError("linux.cgroupsPath: \(quoted(parts[2])): a container cannot be a slice")
        }
        unit = (parts[1].isEmpty ? "" : parts[1] + "-") + parts[2] + ".scope"
        try check()
    }

    /// What systemd takes for a name, and nothing that would be a path.
    private func check() throws(CgroupError) {
        let special = Set(":-_.\\@".utf8)
        func isName(_ text: String) -> Bool {
            text.utf8.count <= 255
                && text.utf8.allSatisfy {
                    special.contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
                }
        }
        guard isName(unit), unit != ".scope" else {
            throw CgroupError("linux.cgroupsPath: \(quoted(unit)) is not the name of a unit")
        }
        // A dash stands for a slice within a slice: none without a name.
        guard isName(slice), slice.utf8.hasSuffix(".slice"),
            slice == "-.slice"
                || slice.dropLast(".slice".count).split(separator: "-", omittingEmptySubsequences: false)
                    .allSatisfy({ !$0.isEmpty })
        else {
            throw CgroupError("linux.cgroupsPath: \(quoted(slice)) is not the name of a slice")
        }
    }
}

extension String.UTF8View {
    fileprivate func hasSuffix(_ text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
