internal import LinuxSystem

/// The comparison of files that are mounted and executed with what they were when the bundle was made.
///
/// What is compared is what a descriptor refers to that is used afterwards, never what a path leads to at another time:
/// decision 0049.
extension RuntimeAnnotations {
    /// Compares a file without looking at its content.
    ///
    /// - Parameters:
    ///   - path: The path it is pinned by.
    ///   - status: What it is.
    /// - Returns: The pin by which its content must be compared yet; nil where nothing is left to compare.
    /// - Throws: ``RuntimeError`` where it is not what it was.
    func checkIdentity(of path: String, _ status: FileStatus) throws(RuntimeError) -> FilePin? {
        guard let pin = pins?.pin(of: path) else { return nil }
        switch pin.comparison(to: status) {
        case .same: return nil
        case .different(let words): throw refusal(of: path, words)
        case .undecided: return pin
        }
    }

    /// Compares a file.
    ///
    /// - Parameters:
    ///   - path: The path it is pinned by.
    ///   - status: What it is.
    ///   - open: Opens the same file for reading; called only where its content decides.
    /// - Throws: ``RuntimeError`` where it is not what it was.
    func check(
        _ path: String, _ status: FileStatus, open: () throws(SystemCallError) -> FileDescriptor
    ) throws(RuntimeError) {
        guard let pin = try checkIdentity(of: path, status) else { return }
        if let words = try during(
            quoted(path),
            { () throws(SystemCallError) in
                try pin.difference(from: status, open: open)
            })
        {
            throw refusal(of: path, words)
        }
    }

    /// Opens a file that may be pinned; a failure is told as what the file has become where that is why, else as
    /// `what: why`.
    ///
    /// - Parameters:
    ///   - path: The path it is pinned by; nil where it never is.
    ///   - what: What is being done, made only when it fails.
    ///   - body: Opens it.
    /// - Returns: What `body` returns.
    /// - Throws: ``RuntimeError``.
    func opening<Result: ~Copyable>(
        _ path: String?, _ what: @autoclosure () -> String, _ body: () throws(SystemCallError) -> Result
    ) throws(RuntimeError) -> Result {
        do throws(SystemCallError) {
            return try body()
        } catch {
            throw path.flatMap { refusal(of: $0, error) } ?? RuntimeError("\(what()): \(error)")
        }
    }

    /// What is said of a pinned file that cannot be opened; nil where it is not pinned, or the reason is none of the
    /// file's.
    private func refusal(of path: String, _ error: SystemCallError) -> RuntimeError? {
        guard pins?.pin(of: path) != nil else { return nil }
        switch error.errno {
        case .noSuchFile, .notDirectory: return refusal(of: path, "is gone")
        case .tooManyLinks: return refusal(of: path, "is a symbolic link now, or a directory on the way to it is one")
        default: return nil
        }
    }

    private func refusal(of path: String, _ words: String) -> RuntimeError {
        let remedy =
            namesProfile
            ? "run the bundle with --replan, or make it again with \"agentrt bundle\"" : "plan again"
        return RuntimeError("\(quoted(path)) has changed since the plan was made: it \(words); \(remedy)")
    }
}
