internal import JSON
internal import LinuxSystem
public import OCISpec

/// A bundle on disk: a directory with config.json (runtime-spec bundle.md).
public struct Bundle: Sendable {
    /// The directory's absolute path, its links resolved.
    public let path: String
    /// What config.json says, validated.
    public var spec: Spec
    /// config.json as it was read; nil where the directory is the runtime's own and keeps it.
    let configuration: [UInt8]?

    /// Reads and validates a bundle.
    ///
    /// - Parameters:
    ///   - directory: The bundle's directory.
    ///   - configPath: The configuration; nil for config.json in the directory.
    /// - Throws: ``RuntimeError`` with line and column of a syntax error, or the JSON path of a wrong value.
    public init(directory: String, configPath: String? = nil) throws(RuntimeError) {
        let config = configPath ?? directory + "/config.json"
        let status = try during("bundle") { try fileStatus(directory) }
        guard let status else {
            throw RuntimeError("bundle \(quoted(directory)): no such directory")
        }
        guard status.kind == .directory else { throw RuntimeError("bundle \(quoted(directory)): is not a directory") }
        let bytes: [UInt8]
        do throws(SystemCallError) {
            // A FIFO would be waited for, a device read without end.
            if let kind = try fileStatus(config)?.kind, kind != .regular {
                throw SystemCallError(
                    call: "read", object: "\(quoted(config)), which is no file", errno: .invalidArgument)
            }
            bytes = try readFile(config, limit: Self.mostBytes)
        } catch  where error.errno == .noSuchFile {
            throw RuntimeError("bundle \(quoted(directory)): no config.json in it")
        } catch {
            throw RuntimeError("\(error)")
        }
        let spec = try during(config) {
            let spec = try Spec(json: JSONParser.parse(bytes))
            try spec.validate()
            return spec
        }
        path = try during("bundle") { try canonicalPath(directory) }
        self.spec = spec
        configuration = bytes
    }

    /// A bundle whose configuration is at hand; the directory may be made later.
    ///
    /// - Parameters:
    ///   - path: The bundle's absolute path.
    ///   - spec: Its configuration.
    public init(path: String, spec: Spec) {
        self.path = path
        self.spec = spec
        configuration = nil
    }

    /// A configuration above this is not read: 16 MiB.
    private static let mostBytes = 16 << 20
}
