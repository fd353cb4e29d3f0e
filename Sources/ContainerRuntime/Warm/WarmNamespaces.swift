internal import LinuxSystem

/// Namespaces that a ``WarmKeeper`` holds ready for calls of one sandbox: in the mount namespace its file system is built
/// already, as far as calls can share it.
///
/// A call copies the mount namespace and makes anew what is its own: see ``InitPlan/ownMounts``. It shares the network
/// namespace, in which there is nothing but the loopback interface, and where the bundle has one the user namespace.
final class WarmNamespaces {
    let mount: FileDescriptorBox
    /// nil where the bundle's containers share the host's.
    let network: FileDescriptorBox?
    let user: FileDescriptorBox?

    /// The kinds that there are.
    var kinds: NamespaceSet {
        var kinds = NamespaceSet.mount
        if network != nil { kinds.insert(.network) }
        if user != nil { kinds.insert(.user) }
        return kinds
    }

    // MARK: Asking for them

    static let folderName = ".warm"

    /// Asks the keeper for the namespaces of a bundle.
    ///
    /// - Parameters:
    ///   - name: The keeper's name.
    ///   - bundle: The bundle's path, which is another for another plan.
    ///   - root: The open state root.
    /// - Returns: The namespaces; nil where there is no keeper, or it is not ready.
    /// - Throws: ``RuntimeError``.
    static func ask(
        _ name: String, for bundle: String, in root: borrowing FileDescriptor
    ) throws(RuntimeError) -> WarmNamespaces? {
        let request = WarmRequest(bundle: bundle, namespaces: try WarmRequest.ownNamespaces()).bytes
        let answer: (bytes: [UInt8], descriptors: [FileDescriptorBox])?
        do throws(SystemCallError) {
            guard let socket = try FrameSocket.connected(to: folderName + "/" + name, in: root) else { return nil }
            try socket.send(request)
            // A keeper that is stopped, or out of breath, would take longer than doing without.
            guard try waitUntilReady([socket.descriptor.rawValue], milliseconds: 100)[0] else { return nil }
            answer = try socket.receive()
        } catch  where error.errno == .brokenPipe || error.errno == .connectionReset {
            return nil  // It has ended just now.
        } catch {
            throw RuntimeError("warm: \(error)")
        }
        guard let answer, !answer.descriptors.isEmpty else { return nil }
        guard let namespaces = WarmNamespaces(answer.bytes, answer.descriptors) else {
            throw RuntimeError("warm: an answer that is none")
        }
        return namespaces
    }

    // MARK: Passing them on

    /// Reads what ``send(over:)`` sent: a letter for each descriptor.
    convenience init?(_ letters: [UInt8], _ descriptors: [FileDescriptorBox]) {
        guard letters.count == descriptors.count, letters.first == UInt8(ascii: "m") else { return nil }
        var (network, user): (FileDescriptorBox?, FileDescriptorBox?)
        for (letter, descriptor) in zip(letters, descriptors).dropFirst() {
            switch letter {
            case UInt8(ascii: "n"): network = descriptor
            case UInt8(ascii: "u"): user = descriptor
            default: return nil
            }
        }
        self.init(mount: descriptors[0], network: network, user: user)
    }

    init(mount: FileDescriptorBox, network: FileDescriptorBox?, user: FileDescriptorBox?) {
        (self.mount, self.network, self.user) = (mount, network, user)
    }

    /// Sends a letter for each descriptor, and the descriptors.
    func send(over socket: FrameSocket) throws(SystemCallError) {
        var (letters, descriptors) = ([UInt8(ascii: "m")], [mount.descriptor.rawValue])
        if let network {
            letters.append(UInt8(ascii: "n"))
            descriptors.append(network.descriptor.rawValue)
        }
        if let user {
            letters.append(UInt8(ascii: "u"))
            descriptors.append(user.descriptor.rawValue)
        }
        try socket.send(letters, descriptors: descriptors)
        withExtendedLifetime(self) {}
    }

    // MARK: Entering them

    /// Moves this process, already in the user namespace, into the others, and copies the mount namespace: what it mounts
    /// is its own.
    func enter() throws(RuntimeError) {
        try during("join what is kept warm") { () throws(SystemCallError) in
            try network?.descriptor.joinNamespace(.network)
            try mount.descriptor.joinNamespace(.mount)
            try unshareNamespaces(.mount)
        }
    }
}
