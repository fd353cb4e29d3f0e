internal import JSON

/// Lines and columns of a profile file by the place's path: `agents.documentation.readOnlyPaths[0]`.
public struct ProfilePositions: Sendable {
    private let file: String
    private let text: [UInt8]
    private var offsets: [String: Int] = [:]

    /// The positions in a file.
    ///
    /// - Parameter file: The file.
    public init(_ file: ProfileFile) {
        self.file = file.path
        text = file.text
        do throws(JSONSyntaxError) {
            let json = try JSONParser.parse(text, options: .init(allowsComments: true, maximumDepth: 16))
            add(json, Place(path: "", offset: json.offset))
        } catch {
            return  // It was read before: this does not happen, and a rule without a line is a rule all the same.
        }
    }

    /// A rule with where it stands: `profile.json:4:7: readOnlyPaths[0]`; what is no place of the file, as it is.
    ///
    /// - Parameter rule: The place's path, or what is built in.
    /// - Returns: The text.
    public func text(of rule: String) -> String {
        guard let offset = offsets[rule] else { return rule }
        let position = JSONPosition(offset: offset, in: text)
        return "\(onOneLine(file)):\(position.line):\(position.column): \(rule)"
    }

    private mutating func add(_ json: JSONValue, _ place: Place) {
        if !place.path.isEmpty { offsets[place.path] = place.offset }
        switch json.content {
        case .array(let elements):
            for (index, element) in elements.enumerated() { add(element, place.element(index, at: element.offset)) }
        case .object(let object):
            for member in object.members { add(member.value, place.member(member.key, at: member.value.offset)) }
        default: return
        }
    }
}
