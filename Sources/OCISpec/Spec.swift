public import JSON

/// A container's configuration: what `config.json` of a bundle says (config.md).
///
/// Keys the specification does not know are ignored, as it demands; `null` is the same as an absent key. What the types
/// cannot express is checked by ``validate()``.
public struct Spec: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// The newest version of the runtime specification that this module implements.
    public static let supportedVersion = "1.3.0"

    /// Version of the runtime specification the bundle follows, as SemVer (config.md, Specification version).
    public var ociVersion: String
    /// What runs in the container; may be absent until `start` (config.md, Process).
    public var process: Process?
    /// The root file system; required on Linux (config.md, Root).
    public var root: Root?
    /// Host name as the container's processes see it; needs a `uts` namespace (config.md, Hostname).
    public var hostname: String?
    /// NIS domain name as the container's processes see it; needs a `uts` namespace (config.md, Domainname).
    public var domainname: String?
    /// What is mounted over the root file system, in this order (config.md, Mounts).
    public var mounts: [Mount]
    /// Programs the runtime runs as the container changes state (config.md, POSIX-platform Hooks).
    public var hooks: Hooks
    /// Free data about the container (config.md, Annotations).
    public var annotations: [String: String]
    /// What is particular to Linux (config-linux.md).
    public var linux: Linux?
    /// Sections for other platforms that the file holds; their content is not read, and not written again.
    public var foreignPlatforms: [ForeignPlatform]

    /// A platform other than Linux for which the specification has a section of its own.
    public enum ForeignPlatform: String, CaseIterable, Sendable {
        /// Solaris zones (config-solaris.md).
        case solaris
        /// Windows containers (config-windows.md).
        case windows
        /// Virtual machines (config-vm.md).
        case vm
        /// z/OS containers (config-zos.md).
        case zos
        /// FreeBSD jails (config-freebsd.md).
        case freebsd
    }

    /// A configuration of the given parts.
    ///
    /// - Parameters:
    ///   - ociVersion: Version of the specification.
    ///   - process: What runs.
    ///   - root: The root file system.
    ///   - hostname: Host name inside.
    ///   - domainname: NIS domain name inside.
    ///   - mounts: What is mounted, in order.
    ///   - hooks: Programs run by the runtime.
    ///   - annotations: Free data.
    ///   - linux: What is particular to Linux.
    ///   - foreignPlatforms: Sections for other platforms that were present.
    public init(
        ociVersion: String = Spec.supportedVersion, process: Process? = nil, root: Root? = nil,
        hostname: String? = nil, domainname: String? = nil, mounts: [Mount] = [], hooks: Hooks = Hooks(),
        annotations: [String: String] = [:], linux: Linux? = nil, foreignPlatforms: [ForeignPlatform] = []
    ) {
        self.ociVersion = ociVersion
        self.process = process
        self.root = root
        self.hostname = hostname
        self.domainname = domainname
        self.mounts = mounts
        self.hooks = hooks
        self.annotations = annotations
        self.linux = linux
        self.foreignPlatforms = foreignPlatforms
    }

    /// Reads a configuration: the whole of `config.json`.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        ociVersion = try object.required("ociVersion")
        process = try object.optional("process")
        root = try object.optional("root")
        hostname = try object.text("hostname")
        domainname = try object.text("domainname")
        mounts = try object.list("mounts")
        hooks = try object.optional("hooks") ?? Hooks()
        annotations = try object.table("annotations")
        linux = try object.optional("linux")
        foreignPlatforms = []
        for member in object.members {
            guard let platform = ForeignPlatform(rawValue: member.key) else { continue }
            if case .null = member.value.content { continue }
            foreignPlatforms.append(platform)
        }
    }

    /// The configuration as a value, its members in the specification's order.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("ociVersion", ociVersion)
        object.encode("process", process)
        object.encode("root", root)
        object.encode("hostname", hostname)
        object.encode("domainname", domainname)
        object.encode(nonEmpty: "mounts", mounts)
        if !hooks.isEmpty { object.encode("hooks", hooks) }
        object.encode(nonEmpty: "annotations", annotations)
        object.encode("linux", linux)
        return object.json
    }
}
