import Glibc
import JSON
import OCISpec
import Testing

/// What the runtimes of this machine write, where there are any.
@Suite("Configurations of other runtimes")
struct OtherRuntimesTests {
    /// A runtime whose `spec` verb writes a configuration.
    struct Runtime: CustomStringConvertible, Sendable {
        let path: String
        let options: String

        var description: String { "\(path) spec \(options)" }
        var isInstalled: Bool { access(path, X_OK) == 0 }

        /// The configuration, written into a directory of its own.
        func configuration() -> [UInt8] {
            let command = """
                d=$(mktemp -d) && cd "$d" && mkdir rootfs && \(path) spec \(options) >/dev/null 2>&1
                cat config.json; rm -rf "$d"
                """
            guard let output = popen(command, "r") else { return [] }
            defer { pclose(output) }
            return Fixture.drain(output)
        }
    }

    static let installed = ["/usr/sbin/runc", "/usr/bin/runc", "/usr/bin/crun"].flatMap { path in
        ["", "--rootless"].map { Runtime(path: path, options: $0) }
    }.filter(\.isInstalled)

    @Test(
        "are read and valid", .enabled(if: !installed.isEmpty, "neither runc nor crun is installed"),
        arguments: installed)
    func areRead(runtime: Runtime) throws {
        let bytes = runtime.configuration()
        let spec = try Spec(json: JSONParser.parse(bytes))
        try spec.validate()
        #expect(spec.process?.args == ["sh"])
        #expect(try Spec(json: JSONParser.parse(JSONWriter.bytes(spec))) == spec)
    }

    @Test(
        "the example holds what runc's does", .enabled(if: !installed.isEmpty, "neither runc nor crun is installed"),
        arguments: installed.filter { $0.path.hasSuffix("runc") })
    func exampleIsAlike(runtime: Runtime) throws {
        let isRootless = !runtime.options.isEmpty
        var theirs = try Spec(json: JSONParser.parse(runtime.configuration()))
        var ours = Spec.example(rootless: isRootless ? (geteuid(), getegid()) : nil)
        // Ours has its own version and name, and a cgroup namespace, which theirs has where it finds cgroup v2. Which
        // sets hold their three capabilities changed between their releases.
        theirs.ociVersion = ours.ociVersion
        theirs.hostname = ours.hostname
        theirs.process?.capabilities = ours.process?.capabilities
        theirs.linux?.namespaces.removeAll { $0.type == .cgroup }
        ours.linux?.namespaces.removeAll { $0.type == .cgroup }
        #expect(theirs.json.canonicalText == ours.json.canonicalText)
    }
}
