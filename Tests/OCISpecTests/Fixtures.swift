import Glibc
import JSON

/// The files below `spec/runtime-spec` that tests read.
struct Fixture: CustomStringConvertible, Sendable {
    let folder: String
    let name: String

    var description: String { name }

    /// All fixtures of a folder such as `config/good`, by name.
    static func all(_ folder: String) -> [Fixture] {
        guard let directory = opendir("\(root)/\(folder)") else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".json") { names.append(name) }
        }
        return names.sorted().map { Fixture(folder: folder, name: $0) }
    }

    /// The file's bytes.
    var bytes: [UInt8] { Self.read("\(Self.root)/\(folder)/\(name)") }

    /// The file as a value.
    var json: JSONValue { get throws { try JSONParser.parse(bytes) } }

    /// What the file itself says is wrong with it, under the key `error`, which the specification does not know.
    var expectedError: String? {
        get throws { try json.asObject().optional("error") }
    }

    static func read(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        return drain(file)
    }

    static func drain(_ file: UnsafeMutablePointer<FILE>) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    private static let root: String = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/") + "/spec/runtime-spec"
    }()
}

extension JSONValue {
    /// The value as text that does not depend on the order of members.
    var canonicalText: String { JSONWriter.string(sorted, layout: .indented) }

    private var sorted: JSONValue {
        switch content {
        case .array(let elements): JSONValue(.array(elements.map(\.sorted)))
        case .object(let object):
            JSONValue(
                .object(
                    JSONObject(
                        object.members.sorted { $0.key < $1.key }
                            .map { JSONObject.Member(key: $0.key, value: $0.value.sorted) })))
        default: self
        }
    }

    /// The text of the error that `body` throws, or nil.
    static func errorText(_ body: () throws(JSONDecodingError) -> Void) -> String? {
        do throws(JSONDecodingError) {
            try body()
            return nil
        } catch {
            return error.description
        }
    }
}
