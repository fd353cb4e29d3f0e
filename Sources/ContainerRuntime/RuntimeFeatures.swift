internal import LinuxSystem
public import OCISpec

extension Features {
    /// What this runtime can do on this host (runtime-spec features.md).
    ///
    /// Nothing is listed by hand where something decides: lists are read from the tables that bundles are read by, and
    /// for the rest a bundle that asks for it is put to the function that refuses what is not built.
    ///
    /// - Parameter version: The runtime's version.
    /// - Returns: The document.
    /// - Throws: ``RuntimeError`` where the kernel does not say what it knows.
    public static func ofRuntime(version: String) throws(RuntimeError) -> Features {
        Features(
            hooks: Hooks.Phase.allCases.map(\.rawValue), mountOptions: MountOptions.known,
            linux: try LinuxFeatures.ofRuntime(),
            annotations: [
                "\(RuntimeAnnotations.prefix)version": version,
                "io.github.seccomp.libseccomp.version": SeccompFilter.libraryVersion,
            ],
            potentiallyUnsafeConfigAnnotations: [RuntimeAnnotations.prefix])
    }
}

extension LinuxFeatures {
    fileprivate static func ofRuntime() throws(RuntimeError) -> LinuxFeatures {
        let capabilities = try during("capabilities") { try ProcessCapabilities.knownToKernel() }
        let hasRDT = isTaken(Linux(intelRdt: IntelRdt()))
        return LinuxFeatures(
            namespaces: LinuxNamespace.Kind.allCases.map(\.rawValue), capabilities: capabilities.names,
            cgroup: CgroupFeatures(v1: false, v2: true, systemd: true, systemdUser: true, rdma: true),
            seccomp: SeccompFeatures.ofRuntime(), apparmor: isTaken(Process(apparmorProfile: "profile")),
            selinux: isTaken(Process(selinuxLabel: "label")),
            intelRdt: IntelRdtFeatures(enabled: hasRDT, schemata: hasRDT, monitoring: hasRDT),
            memoryPolicy: MemoryPolicyFeatures(
                modes: MemoryPolicy.Mode.allCases.map(\.rawValue), flags: MemoryPolicy.Flag.allCases.map(\.rawValue)),
            idmapMounts: isTaken(mount: ["bind", "idmap"]),
            netDevices: isTaken(Linux(netDevices: ["eth0": LinuxNetDevice()])))
    }

    private static func isTaken(_ linux: Linux) -> Bool { OCISpec.Spec(linux: linux).isTaken }
    private static func isTaken(_ process: Process) -> Bool { OCISpec.Spec(process: process).isTaken }

    private static func isTaken(mount options: [String]) -> Bool {
        do throws(RuntimeError) {
            _ = try MountOptions(options)
            return true
        } catch {
            return false
        }
    }
}

extension SeccompFeatures {
    fileprivate static func ofRuntime() -> SeccompFeatures {
        let actions = SeccompAction.allCases.filter { Spec(linux: Linux(seccomp: Seccomp(defaultAction: $0))).isTaken }
        let architectures = SeccompArchitecture.allCases.filter(isTaken)
        let flags = SeccompFlag.allCases.filter { $0 != .waitKillableRecv || actions.contains(.notify) }
        return SeccompFeatures(
            enabled: true, actions: actions.map(\.rawValue), operators: SeccompOperator.allCases.map(\.rawValue),
            archs: architectures.map(\.rawValue), knownFlags: SeccompFlag.allCases.map(\.rawValue),
            supportedFlags: flags.map(\.rawValue))
    }

    /// Whether libseccomp knows it, and can put it into one filter with this machine's own.
    private static func isTaken(_ architecture: SeccompArchitecture) -> Bool {
        do throws(SystemCallError) {
            return try SeccompFilter(defaultAction: .allow).addArchitecture(architecture.libraryName)
        } catch {
            return false
        }
    }
}

extension Spec {
    /// Whether nothing in it is refused as not built.
    fileprivate var isTaken: Bool {
        do throws(RuntimeError) {
            try refuseWhatIsNotBuilt(self)
            return true
        } catch {
            return false
        }
    }
}
