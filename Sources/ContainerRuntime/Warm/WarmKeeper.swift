internal import LinuxSystem

/// Keeps the file system of a sandbox ready for calls of it, and a sandbox that only waits for its call: `agentrt warm`.
///
/// It is one process, which whoever runs the calls has started; when either of the two ends, so does what was kept. It
/// keeps what calls share, by descriptors of namespaces (``WarmNamespaces``); one sandbox at a time is made of them ahead
/// of its call (``WarmStandby``). A call gets the sandbox, where one stands by that could be its own; else the namespaces,
/// of which it makes one; else nothing.
public final class WarmKeeper {
    private let name: String
    private let root: StateRoot
    private let folder: FileDescriptorBox
    private let listener: FrameListener
    private let signals: SignalQueue
    /// This process's own; a call from another sees another host.
    private let namespaces: String
    /// What a caller has to open to show that it may look at this process.
    private let proof: FileDescriptorBox
    /// Whoever started this.
    private var starter: ProcessHandle?
    /// What stands ready; nil after a failure, and since something was mounted on the host.
    private var current: Kept?
    /// The sandbox that waits, or is being made; nil while there is none.
    private var standby: WarmStandby?
    /// When the next one is to be made, in nanoseconds since the machine started; nil where none is.
    private var standbyDue: Int64?
    /// Whether that is only to leave a call alone, which matters no more once it has ended.
    private var isPausing = false
    /// When connections are taken again, likewise in nanoseconds; nil where they are.
    private var listensAgain: Int64?

    private struct Kept {
        let bundle: WarmBundle
        let namespaces: WarmNamespaces
        /// What is mounted in them.
        let plan: InitPlan
        let sources: HostSources
        /// Tells of mounts on the host, which the tree was copied from, since it was copied.
        let hostMounts: WatchedFile
    }

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
        namespaces = try WarmRequest.ownNamespaces()
        guard let proof = try during("warm", { try Inheritance.proof(of: currentProcessID()) }) else {
            throw RuntimeError("warm: /proc/self/environ cannot be opened")
        }
        self.proof = FileDescriptorBox(proof)
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

    /// Builds the file system of a bundle, and has a sandbox made of it.
    ///
    /// - Parameter bundle: The bundle.
    /// - Throws: ``RuntimeError`` where it cannot be built, or calls cannot share it.
    public func prepare(_ bundle: WarmBundle) throws(RuntimeError) {
        forget()
        // First: a mount that comes while the tree is copied is seen.
        let hostMounts = try during("warm") { () throws(SystemCallError) in
            try WatchedFile("mountinfo", in: openFile("/proc/self", [.readOnly, .directory]))
        }
        let tree = try WarmTree(bundle.bundle, in: root)
        let sources = try HostSources(tree.plan, bundle.inputs)
        current = Kept(
            bundle: bundle, namespaces: try tree.build(), plan: tree.plan, sources: sources, hostMounts: hostMounts)
        try standBy()
    }

    /// Waits until the sandbox of ``prepare(_:)`` is ready.
    ///
    /// - Throws: ``RuntimeError`` where there will be none.
    public func awaitStandby() throws(RuntimeError) {
        guard var waiting = standby else { return }
        guard try waiting.hear() else { throw RuntimeError("warm: the process that makes a sandbox died") }
        standby = waiting
    }

    /// Lets go of what stands ready, and of the host's file systems with it: whoever unmounts one may want its device.
    private func forget() { (current, standby, standbyDue) = (nil, nil, nil) }

    /// Answers calls until a signal ends this, or whoever started this has ended.
    ///
    /// - Parameters:
    ///   - find: Finds the bundle that a call has been planned for meanwhile, by its path; nil where it is gone.
    ///   - report: Told what failed, though this goes on.
    /// - Throws: ``RuntimeError``.
    public func serve(
        find: (String) throws -> WarmBundle?, report: (String) -> Void
    ) throws(RuntimeError) {
        let starter = try during("warm") { try ProcessHandle(pid: parentProcessID()) }
        self.starter = starter
        var reported = ""
        while true {
            let (hostMounts, mounts) = (current?.hostMounts, standby?.mounts)
            let ready = try during("warm") {
                try waitForChange(
                    of: [hostMounts, mounts].compactMap { $0 },
                    orReady: [
                        signals.descriptor.rawValue, starter.descriptor.rawValue,
                        listensAgain == nil ? listener.descriptor.rawValue : -1,
                        standby?.socket.descriptor.rawValue ?? -1,
                    ], milliseconds: [standbyDue, listensAgain].compactMap { $0 }.min().map(Self.milliseconds(until:)))
            }
            if let listensAgain, bootTime() >= listensAgain { self.listensAgain = nil }
            let (changed, events) = (ready.dropLast(4), Array(ready.suffix(4)))
            if hostMounts != nil, changed.first == true { forget() }
            if mounts != nil, changed.last == true { replaceStandby(after: Self.patience) }
            if events[1] { break }
            if events[0], try takeSignals() { break }
            do {
                if events[3] { try hear() }
                if let standbyDue, bootTime() >= standbyDue { try standBy() }
                if events[2], let wanted = try answer(), let bundle = try find(wanted) { try prepare(bundle) }
            } catch {
                // The same again is no news.
                if "\(error)" != reported { report("warm: \(error)") }
                reported = "\(error)"
            }
        }
    }

    private static func milliseconds(until time: Int64) -> Int64 { max(0, (time - bootTime() + 999_999) / 1_000_000) }

    /// Gives the place up.
    ///
    /// - Throws: ``RuntimeError``.
    public func leave() throws(RuntimeError) {
        let last = standby?.maker
        forget()
        try during("warm") { () throws(SystemCallError) in
            try folder.descriptor.removeFile(name)
            do throws(SystemCallError) {
                _ = try last?.waitForEnd()
            } catch  where error.errno == .noChild {}  // It has ended before, and was taken note of.
        }
    }

    /// Takes the signals that have come.
    ///
    /// - Returns: Whether one of them ends this.
    private func takeSignals() throws(RuntimeError) -> Bool {
        while let (signal, _) = try during("signals", { try signals.next() }) {
            if [Signals.terminate, Signals.interrupt, Signals.hangUp].contains(signal) { return true }
            guard signal == Signals.child else { continue }
            do throws(SystemCallError) {
                while try reapAnyChild(blocks: false) != nil {}
            } catch  where error.errno == .noChild {
            } catch {
                throw RuntimeError("warm: \(error)")
            }
            if standbyDue != nil, isPausing { standbyDue = 0 }
        }
        return false
    }

    // MARK: The sandbox that stands by

    /// How long a call is left alone by the making of the next sandbox, in milliseconds: most have ended by then.
    private static let pause: Int64 = 20
    /// How long the next one waits where one was in vain, in milliseconds: whoever causes that again and again shall not
    /// keep a processor busy.
    private static let patience: Int64 = 500

    /// Has a sandbox made for the next call.
    private func standBy() throws(RuntimeError) {
        standbyDue = nil
        guard let current, standby == nil else { return }
        standby = try WarmStandby(of: current.bundle, current.namespaces) {
            _ = FileDescriptor(owning: listener.descriptor.rawValue)
            _ = FileDescriptor(owning: folder.descriptor.rawValue)
            _ = FileDescriptor(owning: signals.descriptor.rawValue)
            _ = FileDescriptor(owning: current.hostMounts.descriptor.rawValue)
            _ = FileDescriptor(owning: proof.descriptor.rawValue)
            if let starter { _ = FileDescriptor(owning: starter.descriptor.rawValue) }
        }
    }

    private func replaceStandby(after milliseconds: Int64) {
        (standby, isPausing) = (nil, milliseconds == Self.pause)
        standbyDue = bootTime() + milliseconds * 1_000_000
    }

    /// Hears that the sandbox is ready, or is not there any more.
    private func hear() throws(RuntimeError) {
        guard var waiting = standby else { return }
        // Meanwhile calls start from the namespaces. One that was ready has been killed; one that could not be made is tried
        // again, but not soon.
        replaceStandby(after: waiting.mounts == nil ? 20 * Self.patience : Self.patience)
        if try waiting.hear() { (standby, standbyDue) = (waiting, nil) }
    }

    // MARK: Answers

    /// Takes the next connection. Where that fails it waits to be taken still, and so do all, for a moment.
    private func accept() throws(SystemCallError) -> FrameSocket {
        do throws(SystemCallError) {
            return try listener.accept()
        } catch {
            listensAgain = bootTime() + Self.patience * 1_000_000
            throw error
        }
    }

    /// Answers the next call.
    ///
    /// - Returns: The bundle that is to be built, where it is not what stands ready.
    private func answer() throws(RuntimeError) -> String? {
        do throws(SystemCallError) {
            let call = try accept()
            // Before the call has come: its maker is busy with it.
            let isReady = try standsReady(for: call)
            // Nobody else is kept waiting by one that says nothing.
            guard try waitUntilReady([call.descriptor.rawValue], milliseconds: 100)[0],
                let request = try call.receive(limit: CallFrame.largest)
            else { return nil }
            if let frame = CallFrame(request.bytes) {
                let isGiven = isReady ? try give(frame, request, call) : false
                if !isGiven { try call.send(WarmCall.refusal) }
                return nil
            }
            let wanted = WarmRequest(request.bytes)
            guard let wanted, wanted.namespaces == namespaces else {
                try call.send(WarmCall.refusal)
                return nil
            }
            try forgetIfChanged()
            if let current, current.bundle.bundle.path == wanted.bundle {
                try current.namespaces.send(over: call)
                return nil
            }
            try call.send(WarmCall.refusal)
            return wanted.bundle
        } catch  where error.errno == .brokenPipe || error.errno == .connectionReset {
            return nil  // The call has ended.
        } catch {
            throw RuntimeError("warm: \(error)")
        }
    }

    /// Gives the sandbox that stands by to a call, if the files that it was planned from are as they were.
    ///
    /// - Returns: Whether the call has it.
    private func give(
        _ frame: CallFrame, _ request: (bytes: [UInt8], descriptors: [FileDescriptorBox]), _ call: FrameSocket
    ) throws(SystemCallError) -> Bool {
        // Once more: whoever connects may let it wait for the call.
        try forgetIfChanged()
        guard let standby, let current, request.descriptors.count == 5, standby.suits(frame) else { return false }
        let shown = try request.descriptors[1].descriptor.status()
        let own = try proof.descriptor.status()
        guard shown.device == own.device, shown.inode == own.inode else { return false }
        try standby.show(request.bytes, for: call, request.descriptors[2...])
        // What was shown a call cannot wait for another.
        guard current.bundle.inputs.isCurrent(frame.variable) else {
            replaceStandby(after: Self.patience)
            return false
        }
        let begins = try standby.begin(EventCounter(request.descriptors[0]), for: call)
        replaceStandby(after: Self.pause)
        return begins
    }

    /// Whether the sandbox that stands by is what a caller would get that had it made now, as far as this does not depend
    /// on the files that it was planned from.
    private func standsReady(for call: FrameSocket) throws(SystemCallError) -> Bool {
        try forgetIfChanged()
        guard let standby, let current else { return false }
        do {
            guard try standby.suits(call.peer()) else { return false }
            return try current.sources.areJournaled || HostSources(current.plan).areThose(of: current.sources)
        } catch {
            return false  // It cannot be looked at: what a call finds that looks for itself, it will say.
        }
    }

    /// Lets go of what a mount has changed. The kernel tells of it once: whoever asks has to see to it.
    private func forgetIfChanged() throws(SystemCallError) {
        if let current, try waitForChange(of: [current.hostMounts], milliseconds: 0)[0] { forget() }
        if let mounts = standby?.mounts, try waitForChange(of: [mounts], milliseconds: 0)[0] {
            replaceStandby(after: Self.patience)
        }
    }
}
