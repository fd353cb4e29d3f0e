internal import JSON
internal import LinuxSystem
internal import OCISpec

extension StateDirectory {
    /// The configuration as `create` read it: the bundle's may change, or go.
    private static let configurationName = "config.json"

    /// Keeps the configuration that the container is made from.
    func save(configuration: [UInt8]) throws(RuntimeError) {
        try during("\(path)/\(Self.configurationName)") { () throws(SystemCallError) in
            try directory.open(Self.configurationName, [.writeOnly, .create, .truncate], mode: 0o600)
                .write(configuration)
        }
    }

    /// The configuration that the container was made from.
    ///
    /// - Parameters:
    ///   - record: What was recorded.
    ///   - root: Where the directory is.
    /// - Returns: The configuration, which was validated when the container was made.
    /// - Throws: ``RuntimeError``.
    func configuration(_ record: ContainerRecord, in root: StateRoot) throws(RuntimeError) -> Spec {
        let place = "\(path)/\(Self.configurationName)"
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes = try directory.open(Self.configurationName, .readOnly).readAll(limit: 16 << 20)
        } catch  where error.errno == .noSuchFile {
            // A bundle that the runtime wrote is the runtime's own still; any other may have changed.
            let own = try during("state directory") { try canonicalPath(root.path) }
            guard record.bundle.hasPrefix(own + "/") else { throw RuntimeError("\(place): is gone") }
            bytes = try during(record.bundle) { try readFile(record.bundle + "/config.json", limit: 16 << 20) }
        } catch {
            throw RuntimeError("\(place): \(error)")
        }
        return try during(place) { try Spec(json: JSONParser.parse(bytes)) }
    }
}
