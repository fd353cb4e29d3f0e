internal import Doctor
internal import JSON
internal import LinuxSystem

/// `doctor [--json]`: what this host can enforce, and how to get the rest; 0 where nothing that a sandbox needs is missing.
enum DoctorVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(global.verbArguments, options: [.flag("json")])
        guard arguments.positional.isEmpty, arguments.command == nil else {
            throw UsageError("\"doctor\" takes no arguments")
        }
        let isJSON = arguments.has("json")
        let directory = processEnvironmentVariable("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        let findings = Examination().findings(in: try canonicalPath(directory)) { finding in
            if !isJSON { _ = Output.print(row(finding)) }
        }
        let works = !findings.contains(where: \.isObstacle)
        if isJSON {
            var object = JSONObject()
            object.encode("works", works)
            object.encode("user", effectiveUserID())
            object.encode("findings", findings)
            _ = Output.print(JSONWriter.string(object, layout: .indented))
        } else {
            _ = Output.print(
                works
                    ? "profiles can be run here by user \(effectiveUserID())\n"
                    : "profiles cannot be run here by user \(effectiveUserID()): see what is marked \"no!\"\n")
        }
        return works ? 0 : 1
    }

    private static func row(_ finding: Finding) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        let outcome = finding.outcome.rawValue + (finding.isObstacle ? "!" : "")
        var text = padded(outcome, 4) + padded(finding.name, 19) + finding.detail + "\n"
        if let remedy = finding.remedy { text += padded("", 23) + "remedy: " + remedy + "\n" }
        return text
    }
}
