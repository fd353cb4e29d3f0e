internal import LinuxSystem
internal import OCISpec

/// Builds the container's root file system in the new mount namespace, up to the moment before pivot_root(2).
///
/// All targets are opened below the root's descriptor (``RootDirectory``); all sources are copies of mounts, attached by
/// descriptor. Nothing is looked up by a path that the container's files could redirect.
struct RootFilesystem: ~Copyable {
    let plan: InitPlan
    /// The root, mounted over its own path, or what the bundle has mounted over it.
    private(set) var root: RootDirectory
    /// What becomes read-only last: until then, mounts, devices and the terminal are made in it.
    private var readOnlyAtLast: [FileDescriptorBox] = []
    /// Where the files lie that new mounts cover, if not in ``root``.
    private let covered: FileDescriptorBox?

    /// Takes a root in which other mounts stand already.
    ///
    /// - Parameters:
    ///   - plan: What is to be built.
    ///   - root: The root.
    ///   - covered: The same files without the mounts.
    init(_ plan: InitPlan, root: consuming RootDirectory, covered: FileDescriptorBox) {
        self.plan = plan
        self.root = root
        self.covered = covered
    }

    /// Cuts this namespace off from the host's and mounts the root over itself, as pivot_root(2) asks.
    ///
    /// - Parameters:
    ///   - plan: What is to be built.
    ///   - prepared: Trees that the runtime copied, because init may not reach the sources.
    /// - Throws: ``RuntimeError``.
    init(_ plan: InitPlan, prepared: PreparedTrees) throws(RuntimeError) {
        self.plan = plan
        covered = nil
        try Self.separateFromHost(plan)
        root = try during("root.path: \(quoted(plan.rootPath))") { () throws(SystemCallError) in
            let tree = try prepared.root(of: plan)
            guard try tree.descriptor.status().kind == .directory else {
                throw SystemCallError(call: "mount", errno: .notDirectory)
            }
            // A shared mount below the root is the host's: what this container mounts there is not for its peers.
            if plan.rootPropagation == .shared || plan.rootPropagation == .rshared {
                try tree.change(propagation: .isolated, isRecursive: true)
            }
            try tree.attach(to: plan.rootPath)
            return RootDirectory(try tree.descriptor.duplicated())
        }
    }

    /// Sees to it that the runtime's own mounts never spread to the host. The host's spread here, unless the bundle says
    /// otherwise; where it asks for a shared root, its volumes stay peers of the host's mounts, as it then expects.
    private static func separateFromHost(_ plan: InitPlan) throws(RuntimeError) {
        try during("separate mounts from the host") { () throws(SystemCallError) in
            switch plan.rootPropagation {
            case .private, .rprivate: try MountTree.setPropagation(at: "/", .isolated, isRecursive: true)
            case .shared, .rshared: try isolateMount(around: plan.rootPath)
            default: try MountTree.setPropagation(at: "/", .slave, isRecursive: true)
            }
        }
    }

    /// Takes the mount that a path lies in out of its peer group: what is mounted on the path stays here.
    private static func isolateMount(around path: String) throws(SystemCallError) {
        var components = try canonicalPath(path).split(separator: "/")
        while true {
            do throws(SystemCallError) {
                let place = "/" + components.joined(separator: "/")
                return try MountTree.setPropagation(at: place, .isolated, isRecursive: false)
            } catch  where error.errno == .invalidArgument && !components.isEmpty {
                components.removeLast()  // No mount begins here.
            }
        }
    }

    /// Mounts, devices, masks, working directory, in this order.
    mutating func build(prepared: PreparedTrees) throws(RuntimeError) {
        try finish(try mountAll(prepared: prepared))
    }

    /// Mounts and devices.
    ///
    /// - Returns: Where systems are mounted.
    @discardableResult
    mutating func mountAll(prepared: PreparedTrees) throws(RuntimeError) -> SystemMounts {
        var systems = SystemMounts()
        for (index, mount) in plan.mounts.enumerated() {
            try add(mount, index, prepared, &systems)
        }
        try RootfsDevices(bindsFromHost: plan.hasUserNamespace, nodes: prepared.deviceNodes).add(plan.devices, to: root)
        return systems
    }

    /// Working directory and masks.
    func finish(_ systems: SystemMounts) throws(RuntimeError) {
        if plan.process.workingDirectory != "/" {
            _ = try during("process.cwd") { try root.openMakingDirectory(plan.process.workingDirectory) }
        }
        let masking = PathMasking(systems: systems)
        try masking.makeReadOnly(plan.readonlyPaths, in: root)
        try masking.mask(plan.maskedPaths, in: root)
    }

    /// Makes the root the namespace's root, and read-only where the bundle says so.
    consuming func enter() throws(RuntimeError) {
        for box in readOnlyAtLast {
            try during("read-only tmpfs") { () throws(SystemCallError) in
                try MountTree.received(box.descriptor.duplicated()).change(setting: .readOnly)
            }
        }
        if plan.warm != nil { return try during("enter the root file system") { try changeDirectory("/") } }
        if plan.isRootReadOnly {
            let tree = MountTree.received(try during("root.readonly") { try root.descriptor.duplicated() })
            try during("root.readonly") { try tree.change(setting: .readOnly) }
        }
        try during("enter the root file system") { () throws(SystemCallError) in
            try root.descriptor.makeWorkingDirectory()
            try pivotRootToWorkingDirectory()
        }
        if let propagation = plan.rootPropagation {
            let (kind, isRecursive) = propagation.kernelForm
            try during("linux.rootfsPropagation") {
                try MountTree.setPropagation(at: "/", kind, isRecursive: isRecursive)
            }
        }
    }

    // MARK: One mount

    mutating func add(
        _ mount: MountPlan, _ index: Int, _ prepared: PreparedTrees, _ systems: inout SystemMounts
    ) throws(RuntimeError) {
        do throws(RuntimeError) {
            try attach(mount, index, prepared, &systems)
        } catch {
            throw RuntimeError("\(error) (\(mount.origin))", exitStatus: error.exitStatus)
        }
    }

    private mutating func attach(
        _ mount: MountPlan, _ index: Int, _ prepared: PreparedTrees, _ systems: inout SystemMounts
    ) throws(RuntimeError) {
        if mount.source == .remount { return try change(mount) }
        if case .link(let content) = mount.source { return try makeLink(content, mount) }
        let what = "mount \(mount.sourceDescription) onto \(quoted(mount.destination))"
        var source: String?
        if case .bind(let path, _) = mount.source { source = path }
        let tree = try plan.annotations.opening(source, what) { () throws(SystemCallError) in
            try makeTree(mount, index, prepared)
        }
        var isFile = false
        var isUndecided = false
        if let source {
            let status = try during(what) { try tree.descriptor.status() }
            isFile = status.kind != .directory
            isUndecided = try plan.annotations.checkIdentity(of: source, status) != nil
            try during(what) { try setAttributes(mount.options, of: tree) }
        }
        let target = try during(what) { () throws(SystemCallError) in
            let target = try openTarget(mount, isFile: isFile)
            if plan.annotations.hasRealSources { try refuseLinks(mount.destination) }
            if !isFile, !mount.isRoot { try refuseRoot(target) }
            return target
        }
        if mount.mustNotFollowLinks {
            // In runc's words.
            try during("\(what): must be mounted on ordinary directory") { try refuseLinks(mount.destination) }
        }
        if mount.options.copiesUp {
            try during(what) { () throws(SystemCallError) in
                try openCovered(mount).copyContents(
                    to: try openFile(
                        ".", below: tree.descriptor, [.readOnly, .directory], resolve: .beneath))
                try tree.change(setting: mount.options.setting.subtracting(.readOnly))
            }
        }
        // What is mounted in it is this container's alone, and pivot_root(2) takes no mount below a shared one.
        if mount.isRoot { try during(what) { try tree.change(propagation: .isolated, isRecursive: true) } }
        try during(what) { try tree.attach(to: target) }
        if mount.isRoot { root = RootDirectory(try during(what) { try tree.descriptor.duplicated() }) }
        if mount.isTemporaryFileSystem, mount.options.setting.contains(.readOnly) {
            readOnlyAtLast.append(FileDescriptorBox(try during(what) { try tree.descriptor.duplicated() }))
        }
        if mount.source == .cgroup {
            try during(what) { try ControlGroupView(plan: plan, options: mount.options).complete(tree) }
        }
        if isUndecided, let source { try checkContent(of: source, mount, tree) }
        try during(what) { try systems.note(tree, at: mount.destination, isSystem: mount.mustNotFollowLinks) }
        for propagation in mount.options.propagation {
            try during(what) {
                try tree.change(propagation: propagation.kind, isRecursive: propagation.isRecursive)
            }
        }
    }

    /// The directory that a mount with `tmpcopyup` covers.
    private func openCovered(_ mount: MountPlan) throws(SystemCallError) -> FileDescriptor {
        guard let covered, !plan.hasMount(above: mount.destination) else {
            return try root.open(mount.destination, [.readOnly, .directory])
        }
        return try openFile(
            mount.destination, below: covered.descriptor, [.readOnly, .directory], resolve: [.inRoot, .noMagicLinks])
    }

    /// Compares what a mounted file holds with what it held; of an executable that is done before it is executed.
    func checkContent(
        of path: String, _ mount: MountPlan, _ tree: borrowing MountTree
    ) throws(RuntimeError) {
        if plan.annotations.executablePaths?.contains(path) == true { return }
        let status = try during(quoted(path)) { try tree.descriptor.status() }
        // By the way that the container takes: inside a user namespace that of the host may be shut.
        try plan.annotations.check(path, status) { () throws(SystemCallError) in
            try root.open(mount.destination, [.readOnly, .nonBlocking])
        }
    }

    /// PROC_SUPER_MAGIC, SYSFS_MAGIC, DEVPTS_SUPER_MAGIC.
    private static let systemMagics: [UInt32] = [0x9fa0, 0x6265_6572, 0x1cd1]

    /// What is mounted on, made where it is missing.
    private func openTarget(_ mount: MountPlan, isFile: Bool) throws(SystemCallError) -> FileDescriptor {
        if mount.options.keepsDestinationLink {
            let (parent, name) = try root.openParent(of: mount.destination)
            if try parent.descriptor.status(of: name)?.kind == .symbolicLink {
                let link = try parent.descriptor.open(name, [.path, .noFollow])
                // /proc/self and its like: programs trust where they lead.
                guard try !Self.systemMagics.contains(link.fileSystemMagic()) else {
                    throw SystemCallError(call: "mount", object: "over a link of the kernel's", errno: .notPermitted)
                }
                return link
            }
        }
        return isFile ? try root.openMakingFile(mount.destination) : try root.openMakingDirectory(mount.destination)
    }

    /// Refuses the root that a link of the container's led to: what is mounted there is below what becomes the root, and
    /// would be missing without a word.
    private func refuseRoot(_ target: borrowing FileDescriptor) throws(SystemCallError) {
        let (place, top) = (try target.status(), try root.descriptor.status())
        if place.inode == top.inode, place.device == top.device {
            throw SystemCallError(
                call: "mount", object: "over the root, to which a link leads", errno: .invalidArgument)
        }
    }

    /// Makes a link in the container's files; the same one may be there already.
    private func makeLink(_ content: String, _ mount: MountPlan) throws(RuntimeError) {
        try during("link \(quoted(mount.destination)) to \(quoted(content))") { () throws(SystemCallError) in
            let (parent, name) = try root.openParent(of: mount.destination)
            do throws(SystemCallError) {
                try parent.descriptor.makeSymbolicLink(to: content, name)
            } catch  where error.errno == .fileExists {
                guard try parent.descriptor.status(of: name)?.kind == .symbolicLink,
                    try linkTarget(name, in: parent.descriptor) == content
                else { throw error }
            }
        }
    }

    private func makeTree(
        _ mount: MountPlan, _ index: Int, _ prepared: PreparedTrees
    ) throws(SystemCallError) -> MountTree {
        if let tree = try prepared.mount(index) { return tree }
        switch mount.source {
        case .bind: return try plan.copySource(of: mount)
        case .fileSystem(let type, let source):
            var options: [String] = []
            for data in mount.options.data { options.append(data.value.map { data.key + "=" + $0 } ?? data.key) }
            if mount.isTemporaryFileSystem, !mount.options.data.contains(where: { $0.key == "mode" }) {
                // As runc and crun have it: what it covers says who may write there. Over nothing it has the kernel's 1777.
                do throws(SystemCallError) {
                    let covered = try root.open(mount.destination).status()
                    options.append("mode=" + String(covered.permissions, radix: 8))
                } catch  where error.errno == .noSuchFile {}
            }
            return try MountTree(
                newFileSystem: type, source: source, options: options,
                attributes: mount.isTemporaryFileSystem
                    ? mount.options.setting.subtracting(.readOnly) : mount.options.setting)
        case .cgroup: return try ControlGroupView(plan: plan, options: mount.options).makeTree()
        case .remount, .link:
            throw SystemCallError(call: "mount", errno: .invalidArgument)
        }
    }

    /// Sets what a bind mount forbids; what its source forbids stays, unless the options permit it by name.
    private func setAttributes(_ options: MountOptions, of tree: borrowing MountTree) throws(SystemCallError) {
        func set(_ setting: MountAttributes, _ clearing: MountAttributes, isRecursive: Bool) throws(SystemCallError) {
            if setting.isEmpty && clearing.isEmpty { return }
            do throws(SystemCallError) {
                try tree.change(setting: setting, clearing: clearing, isRecursive: isRecursive)
            } catch  where error.errno == .notPermitted && !clearing.isEmpty {
                // A user namespace may not permit what the source forbids: the source's word stands.
                if !setting.isEmpty { try tree.change(setting: setting, isRecursive: isRecursive) }
            }
        }
        try set(options.setting, options.clearing, isRecursive: false)
        try set(options.settingRecursively, options.clearingRecursively, isRecursive: true)
    }

    private func change(_ mount: MountPlan) throws(RuntimeError) {
        let what = "remount \(quoted(mount.destination))"
        let tree = MountTree.received(try during(what) { try root.open(mount.destination) })
        try during(what) { try setAttributes(mount.options, of: tree) }
        for propagation in mount.options.propagation {
            try during(what) {
                try tree.change(propagation: propagation.kind, isRecursive: propagation.isRecursive)
            }
        }
    }

    /// A procfs or sysfs behind a link would be found elsewhere by the container than by the runtime; and in a sandbox
    /// no destination leads through a link, unless a call has put it there.
    private func refuseLinks(_ path: String) throws(SystemCallError) {
        _ = try openFile(path, below: root.descriptor, .path, resolve: [.inRoot, .noSymlinks])
    }
}

extension MountPlan {
    /// The source as messages name it.
    var sourceDescription: String {
        switch source {
        case .bind(let path, _): quoted(path)
        case .fileSystem(let type, _): type
        case .cgroup: "cgroup"
        case .remount: "nothing"
        case .link(let content): quoted(content)
        }
    }

    /// Whether it is a new tmpfs, in which the runtime may have something to make.
    var isTemporaryFileSystem: Bool {
        if case .fileSystem(let type, _) = source { type == "tmpfs" } else { false }
    }

    /// Whether the destination must be a real directory all the way.
    var mustNotFollowLinks: Bool {
        if case .fileSystem(let type, _) = source { type == "proc" || type == "sysfs" } else { false }
    }
}

extension OCISpec.MountPropagation {
    /// The kernel's kind, and whether the mounts below change too.
    var kernelForm: (LinuxSystem.MountPropagation, isRecursive: Bool) {
        switch self {
        case .shared: (.shared, false)
        case .slave: (.slave, false)
        case .private: (.isolated, false)
        case .unbindable: (.unbindable, false)
        case .rshared: (.shared, true)
        case .rslave: (.slave, true)
        case .rprivate: (.isolated, true)
        case .runbindable: (.unbindable, true)
        }
    }
}
