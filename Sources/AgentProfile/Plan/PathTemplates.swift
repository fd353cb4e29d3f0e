internal import LinuxSystem

/// Makes paths of the templates in a rule (see ``HelperRule``), as far as there is something on this host.
struct PathTemplates {
    private let values: [(name: String, value: String)]
    private let files: HostFiles

    /// Templates for one file.
    ///
    /// - Parameters:
    ///   - file: The file the rule is for.
    ///   - match: What the last `*` of the rule's name stood for.
    ///   - files: The host.
    init(file: String, match: String, files: HostFiles) {
        let directory = file.parentPath
        values = [
            ("{match}", match.isEmpty ? "*" : match), ("{directory}", directory),
            ("{prefix}", directory.parentPath.isRootPath ? "" : directory.parentPath),
        ]
        self.files = files
    }

    /// The paths of templates, in order; those with `*` give what is there, in the order of the bytes.
    func paths(_ templates: [String]) throws(PlanError) -> [String] {
        var result: [String] = []
        for template in templates {
            var path = template
            for (name, value) in values { path = path.replacing(name, with: value) }
            guard path.utf8.contains(UInt8(ascii: "*")) else {
                result.append(path)
                continue
            }
            result += try expand(path.pathComponents[...], in: "/")
        }
        return result
    }

    private func expand(_ components: ArraySlice<String>, in directory: String) throws(PlanError) -> [String] {
        guard let first = components.first else { return [directory] }
        guard first.utf8.contains(UInt8(ascii: "*")) else {
            return try expand(components.dropFirst(), in: directory.appendingComponent(first))
        }
        guard let resolved = try files.resolve(directory), resolved.status.kind == .directory else { return [] }
        var result: [String] = []
        for entry in try files.entries(resolved.path) where entry.name.matched(by: first) != nil {
            result += try expand(components.dropFirst(), in: resolved.path.appendingComponent(entry.name))
        }
        return result
    }
}
