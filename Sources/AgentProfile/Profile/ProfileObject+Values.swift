internal import JSON
internal import NetworkRules

extension ProfileObject {
    /// The longest path that the kernel takes, without its closing NUL (PATH_MAX).
    static let pathLimit = 4095
    /// The longest name between two slashes (NAME_MAX).
    static let componentLimit = 255
    /// The longest `NAME=VALUE` that execve(2) takes, without its closing NUL (MAX_ARG_STRLEN).
    static let variableLimit = 131_071

    // MARK: Paths

    /// A list of paths.
    func paths(_ key: String) throws(ProfileProblem) -> [Profile.PathEntry]? {
        guard let elements = try elements(key) else { return nil }
        var entries: [Profile.PathEntry] = []
        for (json, place) in elements { entries.append(try pathEntry(json, place, list: key)) }
        return entries
    }

    private func pathEntry(
        _ json: JSONValue, _ place: Place, list: String
    ) throws(ProfileProblem) -> Profile.PathEntry {
        if case .string(let text) = json.content {
            try Self.checkPath(text, at: place)
            return Profile.PathEntry(text: text, place: place)
        }
        guard case .object = json.content else { throw json.notOf(kind: "a path or an object", at: place) }
        let object = try ProfileObject(json, at: place)
        try object.allow(ProfileKeys.pathEntry)
        guard let path = try object.string("path") else {
            throw ProfileProblem("\"path\" is missing", at: place)
        }
        try Self.checkPath(path.value, at: path.place)
        // Named by its entry, shown where its text stands.
        let textPlace = Place(path: place.path, offset: path.place.offset)
        var entry = Profile.PathEntry(text: path.value, place: textPlace)
        entry.isOptional = try object.bool("optional")?.value ?? false
        if let create = try object.bool("create") {
            guard list == "writeablePaths" || list == "writablePaths" || !create.value else {
                throw ProfileProblem("only a path that may be written can be made", at: create.place)
            }
            entry.createsDirectory = create.value
        }
        return entry
    }

    /// Refuses a text that no path can be.
    static func checkPath(_ text: String, at place: Place?) throws(ProfileProblem) {
        if text.isEmpty { throw ProfileProblem("the path is empty", at: place) }
        for scalar in text.unicodeScalars where isControl(scalar) {
            let what =
                switch scalar {
                case "\0": "a NUL character"
                case "\n": "a line feed"
                default: "the control character U+" + hexadecimal(scalar.value)
                }
            throw ProfileProblem("\(quotedOnOneLine(text)) holds \(what)", at: place)
        }
        if text.utf8.count > pathLimit {
            throw ProfileProblem("\(text.utf8.count) bytes long; a path has at most \(pathLimit)", at: place)
        }
        for component in text.utf8.split(separator: UInt8(ascii: "/")) where component.count > componentLimit {
            throw ProfileProblem(
                "a name in it is \(component.count) bytes long; a name has at most \(componentLimit)", at: place)
        }
    }

    private static func hexadecimal(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }

    // MARK: Network

    /// `"none"`, `"host"`, or `{ "allow": [NAME[:PORT], …] }`.
    func network(_ key: String) throws(ProfileProblem) -> Placed<Profile.Network>? {
        guard let (json, place) = self[key] else { return nil }
        switch json.content {
        case .string("none"): return Placed(.none, at: place)
        case .string("host"): return Placed(.host, at: place)
        case .string(let other):
            throw ProfileProblem(
                "unknown network \(quotedOnOneLine(other)); known are \"none\", \"host\" and { \"allow\": […] }",
                at: place)
        case .object:
            let object = try ProfileObject(json, at: place)
            try object.allow(ProfileKeys.network)
            guard let elements = try object.elements("allow") else {
                throw ProfileProblem("\"allow\" is missing", at: place)
            }
            // Nothing allowed is nothing reached, never everything (CVE-2025-66479).
            if elements.isEmpty { return Placed(.none, at: place) }
            var targets: [Placed<AllowedTarget>] = []
            for (json, place) in elements {
                let text = try json.text(at: place)
                do throws(NetworkRuleError) {
                    targets.append(Placed(try AllowedTarget(text), at: place))
                } catch {
                    throw ProfileProblem(error.description, at: place)
                }
            }
            return Placed(.allow(targets), at: place)
        default: throw json.notOf(kind: "\"none\", \"host\" or an object", at: place)
        }
    }

    /// `"none"`, `"own"` or `"host"`.
    func unixSockets(_ key: String) throws(ProfileProblem) -> Placed<Policy.UnixSockets>? {
        guard let text = try string(key) else { return nil }
        guard let sockets = Policy.UnixSockets(rawValue: text.value) else {
            throw ProfileProblem(
                "unknown value \(quotedOnOneLine(text.value)); known are \"none\", \"own\" and \"host\"", at: text.place
            )
        }
        return Placed(sockets, at: text.place)
    }

    // MARK: Environment

    /// A list of names of variables.
    func variableNames(_ key: String) throws(ProfileProblem) -> [Placed<String>]? {
        guard let elements = try elements(key) else { return nil }
        var names: [Placed<String>] = []
        for (json, place) in elements {
            let name = try json.text(at: place)
            try Self.checkVariable(name, at: place)
            if !names.contains(where: { $0.value == name }) { names.append(Placed(name, at: place)) }
        }
        return names
    }

    /// An object of variables and their values.
    func variables(_ key: String) throws(ProfileProblem) -> [Profile.Variable]? {
        guard let (json, place) = self[key] else { return nil }
        let object = try ProfileObject(json, at: place)
        var variables: [Profile.Variable] = []
        for member in object.members {
            try Self.checkVariable(member.key, at: object.keyPlace(member))
            let place = object.place.member(member.key, at: member.value.offset)
            let value = try member.value.text(at: place)
            if value.utf8.contains(0) { throw ProfileProblem("the value holds a NUL character", at: place) }
            if member.key.utf8.count + 1 + value.utf8.count > Self.variableLimit {
                throw ProfileProblem(
                    "name and value have \(member.key.utf8.count + 1 + value.utf8.count) bytes; "
                        + "the kernel takes at most \(Self.variableLimit)", at: place)
            }
            variables.append(Profile.Variable(name: member.key, value: value, place: place))
        }
        return variables
    }

    private static func checkVariable(_ name: String, at place: Place) throws(ProfileProblem) {
        let isSound =
            name.utf8.allSatisfy { isNameByte($0) && $0 != UInt8(ascii: "-") }
            && name.utf8.first.map { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
        guard isSound else {
            throw ProfileProblem(
                "\(quotedOnOneLine(name)) is no name of a variable: letters, digits and '_', no digit first", at: place)
        }
    }
}
