public import JSON

extension Explanation {
    /// The explanation as a table for people.
    ///
    /// - Parameter positions: Where the profile's places stand.
    /// - Returns: The text, with its line feeds.
    public func text(_ positions: ProfilePositions) -> String {
        let whom = [agent.map { "agent \($0)" }, tool.map { "tool \($0)" }].compactMap { $0 }
        var text = whom.isEmpty ? "" : whom.joined(separator: ", ") + "\n"
        text += "project  \(onOneLine(project))\nuser     \(user)\n"
        text += Self.section(
            "paths",
            paths.map { line in
                [line.access, onOneLine(line.path), positions.text(of: line.rule) + Self.reason(line.reason)]
            })
        text += "  and \(loadedFiles) files and directories that programs load or look things up in\n"
        text += Self.section(
            "executables",
            programs.map { program in
                [onOneLine(program.path), Self.brought(program), positions.text(of: program.rule)]
            })
        for (name, settings) in [
            ("network", network), ("environment", environment), ("resources", resources),
            ("system calls", systemCalls),
        ] {
            text += Self.section(
                name,
                settings.map { setting in
                    [setting.name, setting.value, setting.rule == Self.builtIn ? "" : positions.text(of: setting.rule)]
                })
        }
        text += Self.section("notes", notes.map { [onOneLine($0)] })
        return text
    }

    private static func reason(_ reason: String) -> String {
        ["", "listed", "every sandbox has its own"].contains(reason) ? "" : " (\(onOneLine(reason)))"
    }

    /// What an executable brings with it: `2 libraries, loaded by /lib64/ld-linux-x86-64.so.2`.
    private static func brought(_ program: ProgramLine) -> String {
        var parts: [String] = []
        if let file = program.file { parts.append("is \(onOneLine(file))") }
        if let interpreter = program.interpreter { parts.append("run by \(onOneLine(interpreter))") }
        if let loader = program.loader {
            parts.append(
                "\(program.libraries) librar\(program.libraries == 1 ? "y" : "ies"), loaded by \(onOneLine(loader))")
        }
        if !program.helpers.isEmpty { parts.append("helpers \(program.helpers.map(onOneLine).joined(separator: " "))") }
        return parts.joined(separator: "; ")
    }

    /// A headline, and rows in columns; the last column is as long as it is.
    private static func section(_ name: String, _ rows: [[String]]) -> String {
        if rows.isEmpty { return "" }
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            // A long cell does not push the others out of sight.
            min(rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0, 60)
        }
        var text = "\n\(name)\n"
        for row in rows {
            var line = " "
            for (column, cell) in row.enumerated() {
                let isLast = !row[(column + 1)...].contains { !$0.isEmpty }
                line += " " + cell
                if isLast { break }
                line += String(repeating: " ", count: max(0, widths[column] - cell.count) + 1)
            }
            text += line + "\n"
        }
        return text
    }

    /// The explanation as one object.
    ///
    /// - Parameter positions: Where the profile's places stand.
    /// - Returns: The object.
    public func json(_ positions: ProfilePositions) -> JSONValue {
        var object = JSONObject()
        object.encode("agent", agent)
        object.encode("tool", tool)
        object.encode("project", project)
        object.encode("user", user)
        object.encode(
            "paths",
            paths.map { line in
                var object = JSONObject()
                object.encode("access", line.access)
                object.encode("path", line.path)
                object.encode("rule", positions.text(of: line.rule))
                object.encode("reason", line.reason)
                return object
            })
        object.encode("loadedFiles", loadedFiles)
        object.encode(
            "executables",
            programs.map { program in
                var object = JSONObject()
                object.encode("path", program.path)
                object.encode("file", program.file)
                object.encode("rule", positions.text(of: program.rule))
                object.encode("interpreter", program.interpreter)
                object.encode("loader", program.loader)
                object.encode("libraries", program.libraries)
                object.encode("helpers", program.helpers)
                return object
            })
        for (name, settings) in [
            ("network", network), ("environment", environment), ("resources", resources),
            ("systemCalls", systemCalls),
        ] {
            object.encode(
                name,
                settings.map { setting in
                    var object = JSONObject()
                    object.encode("name", setting.name)
                    object.encode("value", setting.value)
                    object.encode("rule", positions.text(of: setting.rule))
                    return object
                })
        }
        object.encode("notes", notes)
        return object.json
    }
}
