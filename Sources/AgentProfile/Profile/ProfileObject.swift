internal import JSON

/// An object of a profile file that knows where it stands, so that whatever is wrong below it can be named.
struct ProfileObject {
    let members: [JSONObject.Member]
    let place: Place

    /// A value and its place.
    typealias Value = (json: JSONValue, place: Place)

    init(_ json: JSONValue, at place: Place) throws(ProfileProblem) {
        guard case .object(let object) = json.content else { throw json.notOf(kind: "an object", at: place) }
        members = object.members
        self.place = place
    }

    subscript(key: String) -> Value? {
        for member in members where member.key == key {
            return (member.value, place.member(key, at: member.value.offset))
        }
        return nil
    }

    /// Where a member's name stands.
    func keyPlace(_ member: JSONObject.Member) -> Place { place.member(member.key, at: member.keyOffset) }

    /// Refuses any key that is not one of the known ones.
    func allow(_ known: [String]) throws(ProfileProblem) {
        for member in members where !known.contains(member.key) {
            let hint = nearestName(to: member.key, among: known).map { "did you mean \"\($0)\"?" }
            throw ProfileProblem(
                "unknown key; \(hint ?? "known are \(known.joined(separator: ", "))")", at: keyPlace(member))
        }
    }

    func string(_ key: String) throws(ProfileProblem) -> Placed<String>? {
        guard let (json, place) = self[key] else { return nil }
        return Placed(try json.text(at: place), at: place)
    }

    func bool(_ key: String) throws(ProfileProblem) -> Placed<Bool>? {
        guard let (json, place) = self[key] else { return nil }
        guard case .bool(let value) = json.content else { throw json.notOf(kind: "true or false", at: place) }
        return Placed(value, at: place)
    }

    func quantity(
        _ key: String, _ read: (JSONValue, Place) throws(ProfileProblem) -> UInt64
    ) throws(ProfileProblem) -> Placed<UInt64>? {
        guard let (json, place) = self[key] else { return nil }
        return Placed(try read(json, place), at: place)
    }

    /// The elements of an array.
    func elements(_ key: String) throws(ProfileProblem) -> [Value]? {
        guard let (json, place) = self[key] else { return nil }
        guard case .array(let values) = json.content else { throw json.notOf(kind: "an array", at: place) }
        return values.enumerated().map { index, value in (value, place.element(index, at: value.offset)) }
    }
}

extension JSONValue {
    func notOf(kind: String, at place: Place) -> ProfileProblem { ProfileProblem(expected(kind).message, at: place) }

    func text(at place: Place) throws(ProfileProblem) -> String {
        guard case .string(let text) = content else { throw notOf(kind: "a string", at: place) }
        return text
    }
}
