internal import LinuxSystem

extension View {
    /// More FIFOs than this in places that may only be read are not covered one by one.
    private static let coverLimit = 64
    /// More directories than this are not looked through.
    private static let searchLimit = 200_000

    /// Covers FIFOs of read-only trees that lie below a place which may be written.
    ///
    /// A read-only mount lets FIFOs be written. Elsewhere Landlock does not, but its rules hold for all that is below a
    /// place, whatever is mounted there (decision 0022). So these are looked for. One that a rule names stays as it is.
    ///
    /// - Parameter files: The host.
    /// - Throws: ``PlanError`` where there is too much to look through or to cover, or a name that no text can hold.
    mutating func coverFIFOs(files: HostFiles) throws(PlanError) {
        let trees = nodes.values.filter { node in
            guard node.access == .readOnly, node.isDirectory, !node.isFresh else { return false }
            return node.path.isPath(below: "/dev") || isBelowWritable(node.path)
        }
        var covered = 0
        var searched = 0
        for tree in trees.sorted(by: { PathKey($0.path) < PathKey($1.path) }) {
            func tooMany(_ what: String) -> PlanError {
                PlanError(
                    "\(quoted(tree.path)) is read-only below a place that may be written, and has more than \(what): "
                        + "list narrower paths", origin: tree.origin)
            }
            var pending = [tree.path]
            while let directory = pending.popLast() {
                searched += 1
                if searched > Self.searchLimit { throw tooMany("\(Self.searchLimit) directories") }
                guard let entries = try files.directoriesAndFIFOs(directory) else {
                    // Names in it can be looked up, and not listed: nobody can tell what they are.
                    cover(directory, isDirectory: true, "cannot be searched for FIFOs", tree)
                    continue
                }
                for entry in entries {
                    let path = directory.appendingComponent(entry.name)
                    if nodes[PathKey(path)] != nil { continue }
                    if entry.isDirectory {
                        pending.append(path)
                    } else {
                        covered += 1
                        if covered > Self.coverLimit { throw tooMany("\(Self.coverLimit) FIFOs") }
                        cover(path, isDirectory: false, "a FIFO, which a read-only mount would let be written", tree)
                    }
                }
            }
        }
    }

    private func isBelowWritable(_ path: String) -> Bool {
        var place = path
        while !place.isRootPath {
            place = place.parentPath
            if nodes[PathKey(place)]?.access == .writable { return true }
        }
        return false
    }
}

extension HostFiles {
    /// The directories and FIFOs in a directory whose path is free of links; nil where they can be reached by name and
    /// not be listed.
    ///
    /// - Parameter path: The directory.
    /// - Returns: What is there, sorted; nothing where the directory is shut.
    /// - Throws: ``PlanError``.
    fileprivate func directoriesAndFIFOs(_ path: String) throws(PlanError) -> [(name: String, isDirectory: Bool)]? {
        let kinds: Set<FileStatus.Kind> = [.directory, .fifo]
        do throws(SystemCallError) {
            var result: [(name: String, isDirectory: Bool)] = []
            for entry in try directoryListing(hostPath(path), of: kinds) {
                var kind = entry.kind
                if kind == nil { kind = try fileStatus(hostPath(path) + "/" + entry.name, followsLink: false)?.kind }
                if let kind, kinds.contains(kind) { result.append((entry.name, kind == .directory)) }
            }
            return result
        } catch {
            switch error.errno {
            case .noSuchFile, .notDirectory: return []  // It has gone meanwhile.
            case .permissionDenied: return try canBeEntered(path) ? nil : []
            case .illegalByteSequence:
                throw PlanError(
                    "a directory or FIFO in \(quoted(path)) has a name that is not UTF-8: rename it, or list other paths"
                )
            default: throw PlanError("\(quoted(path)) cannot be listed: \(error.errno)")
            }
        }
    }

    private func canBeEntered(_ path: String) throws(PlanError) -> Bool {
        do throws(SystemCallError) {
            _ = try openFile(hostPath(path) + "/.", .path)
            return true
        } catch {
            if error.errno == .permissionDenied { return false }
            throw PlanError("\(quoted(path)) cannot be looked at: \(error.errno)")
        }
    }
}
