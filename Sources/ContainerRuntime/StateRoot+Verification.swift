internal import LinuxSystem

extension StateRoot {
    /// Verifies the directories above a root of the caller's choice, and the links among them: whoever may exchange one
    /// of them decides which containers there are, and what is recorded of them.
    ///
    /// - Throws: ``RuntimeError`` where somebody else but root may.
    func verifyAbove() throws(RuntimeError) {
        try during("state directory") { () throws(SystemCallError) in
            let absolute = path.hasPrefix("/") ? path : try workingDirectory() + "/" + path
            var above = absolute.split(separator: "/")
            _ = above.popLast()
            let (existing, hasLink) = try Self.verify(above)
            // What links lead to has directories above it of its own.
            if hasLink { _ = try Self.verify(canonicalPath(existing).split(separator: "/")) }
        }
    }

    /// Verifies each directory of a path, from the top, as far as it exists.
    private static func verify(
        _ components: [Substring]
    ) throws(SystemCallError) -> (existing: String, hasLink: Bool) {
        var (existing, hasLink) = ("/", false)
        for component in [""] + components {
            // A Substring is appended by way of Sequence, whose associated types the first use looks for.
            let next = (existing == "/" ? existing : existing + "/") + String(component)
            guard let status = try fileStatus(next, followsLink: false) else { break }
            existing = next
            if status.kind == .symbolicLink { hasLink = true }
            guard status.isTrusted else {
                throw SystemCallError(
                    call: "open", object: "\(quoted(next)), which others own or may write", errno: .permissionDenied)
            }
        }
        return (existing, hasLink)
    }
}

extension FileStatus {
    /// Whether only root and this user can exchange what stands in a directory, or the link.
    fileprivate var isTrusted: Bool {
        // The last is what root of the host looks like in a user namespace that does not map it.
        guard [0, effectiveUserID(), 65_534].contains(uid) else { return false }
        // In a sticky directory everybody has only what is their own (inode(7)); a link's mode means nothing.
        if kind == .symbolicLink || permissions & 0o1000 != 0 { return true }
        let isGroupTrusted = permissions & 0o020 == 0 || gid == 0 || gid == effectiveGroupID()
        return permissions & 0o002 == 0 && isGroupTrusted
    }
}
