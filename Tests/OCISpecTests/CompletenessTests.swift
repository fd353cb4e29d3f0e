import JSON
import OCISpec
import Testing

/// Tests over a configuration that holds every field of the specification for Linux.
@Suite("Every field")
struct CompletenessTests {
    static let complete = Fixture(folder: "config/good", name: "every-linux-field.json")

    @Test("nothing is lost between reading and writing")
    func everythingIsWrittenAgain() throws {
        let json = try Self.complete.json
        #expect(try Spec(json: json).json.canonicalText == json.canonicalText)
        let features = try Fixture(folder: "features/good", name: "everything.json").json
        #expect(try Features(json: features).json.canonicalText == features.canonicalText)
        let state = try Fixture(folder: "state/good", name: "running.json").json
        #expect(try State(json: state).json.canonicalText == state.canonicalText)
    }

    @Test("a value of another kind is refused at its path")
    func wrongKindsAreNamed() throws {
        let json = try Self.complete.json
        let places = json.places()
        #expect(places.count > 400)
        for place in places {
            let isArray = if case .array = place.value.content { true } else { false }
            let wrong = isArray ? JSONValue(.bool(true)) : JSONValue(.array([]))
            let error = errorOfSpec(json.replacing(place.steps, with: wrong))
            #expect(error?.path == place.path, "\(place.path)")
            #expect(error?.message.hasPrefix("expected ") == true, "\(place.path)")
        }
    }

    @Test("a NUL byte in any string is refused at its path or its object's")
    func nulBytesAreRefused() throws {
        let json = try Self.complete.json
        var strings = 0
        for place in json.places() {
            guard case .string(let text) = place.value.content else { continue }
            strings += 1
            let error = errorOfSpec(json.replacing(place.steps, with: (text + "\0").json))
            let path = error?.path ?? ""
            #expect(!path.isEmpty && place.path.hasPrefix(path), "\(place.path): \(path)")
        }
        #expect(strings > 150)
    }

    @Test("a number out of range is refused at its path")
    func hugeNumbersAreRefused() throws {
        let json = try Self.complete.json
        for place in json.places() {
            guard case .integer = place.value.content else { continue }
            let error = errorOfSpec(json.replacing(place.steps, with: JSONValue(.real(1e300))))
            #expect(error?.path == place.path, "\(place.path)")
        }
    }

    @Test("null is the same as an absent member, everywhere")
    func nullIsAbsent() throws {
        let json = try Self.complete.json
        for place in json.places() where !place.isElement {
            let missing = Result { try Spec(json: json.removing(place.steps)) }
            let null = Result { try Spec(json: json.replacing(place.steps, with: JSONValue(.null))) }
            switch (missing, null) {
            case (.success(let first), .success(let second)): #expect(first == second, "\(place.path)")
            case (.failure(let first), .failure(let second)):
                #expect("\(first)" == "\(second)", "\(place.path)")
            default:
                // Tables have free keys: there null is a value of the wrong kind, or an entry with nothing in it.
                #expect(place.isTableEntry, "\(place.path)")
            }
        }
    }

    private func errorOfSpec(_ json: JSONValue) -> JSONDecodingError? {
        do throws(JSONDecodingError) {
            try Spec(json: json).validate()
            return nil
        } catch {
            return error
        }
    }
}

/// A value somewhere below another one.
struct Place {
    /// The way to it: keys and indices.
    var steps: [Step] = []
    /// The same as errors write it.
    var path = ""
    let value: JSONValue

    enum Step {
        case key(String)
        case index(Int)
    }

    var isElement: Bool { if case .index = steps.last { true } else { false } }

    /// Whether the place is a member of an object whose keys are free.
    var isTableEntry: Bool {
        guard steps.count > 1, case .key(let table) = steps[steps.count - 2] else { return false }
        return ["annotations", "sysctl", "unified", "rdma", "netDevices"].contains(table)
    }
}

extension JSONValue {
    /// Every value below this one.
    func places() -> [Place] {
        var found: [Place] = []
        switch content {
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                found.append(Place(steps: [.index(index)], path: "[\(index)]", value: element))
                found += element.places().map { $0.below(.index(index), "[\(index)]") }
            }
        case .object(let object):
            for member in object.members {
                found.append(Place(steps: [.key(member.key)], path: member.key, value: member.value))
                found += member.value.places().map { $0.below(.key(member.key), member.key) }
            }
        default: break
        }
        return found
    }

    /// This value with another one at a place below it.
    func replacing(_ steps: some Collection<Place.Step>, with value: JSONValue?) -> JSONValue {
        guard let step = steps.first else { return value ?? self }
        let rest = steps.dropFirst()
        switch (content, step) {
        case (.array(var elements), .index(let index)):
            elements[index] = elements[index].replacing(rest, with: value)
            return JSONValue(.array(elements))
        case (.object(let object), .key(let key)):
            let members = object.members.compactMap { member -> JSONObject.Member? in
                if member.key != key { return member }
                if rest.isEmpty, value == nil { return nil }
                return JSONObject.Member(key: key, value: member.value.replacing(rest, with: value))
            }
            return JSONValue(.object(JSONObject(members)))
        default: return self
        }
    }

    /// This value without the member at a place below it.
    func removing(_ steps: [Place.Step]) -> JSONValue { replacing(steps, with: nil) }
}

extension Place {
    fileprivate func below(_ step: Step, _ text: String) -> Place {
        Place(
            steps: [step] + steps, path: path.hasPrefix("[") ? text + path : text + "." + path, value: value)
    }
}
