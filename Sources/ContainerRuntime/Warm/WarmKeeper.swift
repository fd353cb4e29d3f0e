internal import LinuxSystem

/// Keeps the file system of a sandbox ready for calls of it, and hands it to those that ask: `agentrt warm`.
///
/// It is one process, which whoever runs the calls has started; when either of the two ends, so does what was kept. It
/// keeps what calls share, by descriptors of namespaces (``WarmNamespaces``), and no process runs in them.
public final class WarmKeeper {
    private let name: String
    private let root: StateRoot
    private let folder: FileDescriptorBox
    private let listener: FrameListener
    private let signals: SignalQueue
    /// This process's own; a call from another sees another host.
    private let mountNamespace: UInt64
    /// What stands ready; nil after a failure, and since something was mounted on the host.
    private var current: Kept?

    private struct Kept {
        /// The bundle's path: another plan has another.
        let bundle: String
        let namespaces: WarmNamespaces
        /// Tells of mounts on the host, which the tree was copied from, since it was copied.
        let hostMounts: WatchedFile
        /// What keeps the bundle's files in place.
        let use: Any
    }

    /// A bundle, and what keeps its files in place.
    public typealias KeptBundle = (bundle: Bundle, use: Any)

    /// Takes the place of the keeper for calls of one kind.
    ///
    /// - Parameters:
    ///   - name: What the calls are known by: letters and digits.
    ///   - root: The state root, made where it is missing.
    /// - Throws: ``RuntimeError`` where somebody keeps the same already.
    public init(_ name: String, in root: StateRoot) throws(RuntimeError) {
        self.name = name
        self.root = root
        signals = try during("signals") { try SignalQueue() }
        mountNamespace = try WarmRequest.ownMountNamespace()
        let directory = try root.open()
        let folder: FileDescriptorBox
        do throws(SystemCallError) {
            _ = try directory.makeDirectoryIfMissing(WarmNamespaces.folderName, mode: 0o700)
            folder = FileDescriptorBox(try directory.open(WarmNamespaces.folderName, [.readOnly, .directory]))
            // Two that start at once: one waits for the other.
            try folder.descriptor.lock()
        } catch {
            throw RuntimeError("warm: \(error)")
        }
        if try during("warm", { try FrameSocket.connected(to: name, in: folder.descriptor) }) != nil {
            throw RuntimeError("calls like this are kept warm already, by another \"agentrt warm\"")
        }
        do throws(SystemCallError) {
            // One that was killed leaves its socket behind.
            if try folder.descriptor.status(of: name) != nil { try folder.descriptor.removeFile(name) }
            listener = try FrameListener(name, in: folder.descriptor)
            try folder.descriptor.unlock()
        } catch {
            throw RuntimeError("warm: \(error)")
        }
        self.folder = folder
    }

    /// Builds the file system of a bundle.
    ///
    /// - Parameter kept: The bundle.
    /// - Throws: ``RuntimeError`` where it cannot be built, or calls cannot share it.
    public func prepare(_ kept: KeptBundle) throws(RuntimeError) {
        forget()
        // First: a mount that comes while the tree is copied is seen.
        let hostMounts = try during("warm") { () throws(SystemCallError) in
            try WatchedFile("mountinfo", in: openFile("/proc/self", [.readOnly, .directory]))
        }
        let namespaces = try WarmTree(kept.bundle, in: root).build()
        current = Kept(bundle: kept.bundle.path, namespaces: namespaces, hostMounts: hostMounts, use: kept.use)
    }

    /// Lets go of what stands ready, and of the host's file systems with it: whoever unmounts one may want its device.
    private func forget() { current = nil }

    /// Answers calls until a signal ends this, or whoever started this has ended.
    ///
    /// - Parameters:
    ///   - find: Finds the bundle that a call has been planned for meanwhile, by its path; nil where it is gone.
    ///   - report: Told what failed, though this goes on.
    /// - Throws: ``RuntimeError``.
    public func serve(
        find: (String) throws -> KeptBundle?, report: (String) -> Void
    ) throws(RuntimeError) {
        let starter = try during("warm") { try ProcessHandle(pid: parentProcessID()) }
        let others = [signals.descriptor.rawValue, starter.descriptor.rawValue, listener.descriptor.rawValue]
        while true {
            let watched = current.map { [$0.hostMounts] } ?? []
            var ready = try during("warm") { try waitForChange(of: watched, orReady: others) }
            if !watched.isEmpty, ready.removeFirst() { forget() }
            if ready[1] { break }
            if ready[0], let signal = try during("signals", { try signals.next() })?.signal {
                if [Signals.terminate, Signals.interrupt, Signals.hangUp].contains(signal) { break }
            }
            guard ready[2], let wanted = try answer() else { continue }
            do {
                guard let kept = try find(wanted) else { continue }
                try prepare(kept)
            } catch {
                report("warm: \(error)")
            }
        }
    }

    /// Gives the place up.
    ///
    /// - Throws: ``RuntimeError``.
    public func leave() throws(RuntimeError) {
        forget()
        try during("warm") { try folder.descriptor.removeFile(name) }
    }

    /// Answers the next call.
    ///
    /// - Returns: The bundle that is to be built, where it is not what stands ready.
    private func answer() throws(RuntimeError) -> String? {
        do throws(SystemCallError) {
            let call = try listener.accept()
            // Nobody else is kept waiting by one that says nothing.
            guard try waitUntilReady([call.descriptor.rawValue], milliseconds: 100)[0],
                let request = try call.receive()
            else { return nil }
            let wanted = WarmRequest(request.bytes)
            guard let wanted, wanted.mountNamespace == mountNamespace else {
                try call.send([UInt8(ascii: "-")])
                return nil
            }
            if let current, current.bundle == wanted.bundle, try !hostMountsChanged(current) {
                try current.namespaces.send(over: call)
                return nil
            }
            try call.send([UInt8(ascii: "-")])
            return wanted.bundle
        } catch  where error.errno == .brokenPipe || error.errno == .connectionReset {
            return nil  // The call has ended.
        } catch {
            throw RuntimeError("warm: \(error)")
        }
    }

    private func hostMountsChanged(_ kept: Kept) throws(SystemCallError) -> Bool {
        try waitForChange(of: [kept.hostMounts], milliseconds: 0)[0]
    }
}
