internal import JSON
internal import LinuxSystem
internal import SelfTest

/// `selftest [--json]`: tries to break out of a sandbox on this machine; 0 only where all is refused that must be.
enum SelftestVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(global.verbArguments, options: [.flag("json")])
        guard arguments.positional.isEmpty, arguments.command == nil else {
            throw UsageError("\"selftest\" takes no arguments")
        }
        let isJSON = arguments.has("json")
        let directory = processEnvironmentVariable("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        if !isJSON { _ = Output.print(AttemptResult.head + "\n") }
        let results = try SelfTest.run(in: try canonicalPath(directory)) { result in
            if !isJSON { _ = Output.print(result.row + "\n") }
        }
        let hasPassed = results.allSatisfy(\.isGood)
        if isJSON {
            var object = JSONObject()
            object.encode("passed", hasPassed)
            object.encode("attempts", results)
            _ = Output.print(JSONWriter.string(object, layout: .indented))
        } else {
            _ = Output.print(summary(results))
        }
        return hasPassed ? 0 : 1
    }

    private static func summary(_ results: [AttemptResult]) -> String {
        let attempts = results.filter { !$0.isPermitted && $0.wasMade }
        let refused = attempts.count { $0.isGood }
        let permitted = results.filter { $0.isPermitted && $0.wasMade }
        return "\(refused) of \(attempts.count) attempts refused, \(permitted.count { $0.isGood }) of "
            + "\(permitted.count) permitted things work, \(results.count { !$0.wasMade }) not made\n"
    }
}
