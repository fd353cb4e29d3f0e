import Foundation
import JSON
import NetworkRules
import Testing

@testable import AgentProfile

/// `spec/profile.schema.json` says what the reader reads.
struct ProfileSchemaTests {
    private let definitions: JSONObject

    init() throws {
        let text = Array(try Data(contentsOf: URL(fileURLWithPath: repository + "/spec/profile.schema.json")))
        definitions = try #require(try JSONParser.parse(text).asObject()["$defs"]).asObject()
    }

    /// A value below the definitions.
    private func value(_ path: String...) throws -> JSONValue {
        try path.reduce(JSONValue(.object(definitions))) { value, step in
            if case .array(let elements) = value.content { return elements[try #require(Int(step))] }
            return try #require(try value.asObject()[step], "\(path)")
        }
    }

    private func keys(_ object: JSONValue) throws -> [String] { try object.asObject().members.map(\.key) }

    @Test func knowsTheKeysOfTheReader() throws {
        #expect(try keys(value("file", "properties")) == ProfileKeys.file)
        #expect(try keys(value("single", "properties")) == ProfileKeys.single)
        #expect(try keys(value("agent", "properties")) == ProfileKeys.agent)
        #expect(try keys(value("tool", "properties")) == ProfileKeys.grants)
        #expect(try keys(value("pathEntry", "anyOf", "1", "properties")) == ProfileKeys.pathEntry)
        let writeable = try value("writeablePaths", "items", "anyOf", "1", "properties")
        #expect(try keys(writeable) == ProfileKeys.pathEntry)
        #expect(try keys(value("network", "anyOf", "1", "properties")) == ProfileKeys.network)
        #expect(try keys(value("environment", "properties")) == ProfileKeys.environment)
        #expect(try keys(value("resources", "properties")) == ProfileKeys.resources)
    }

    /// Every object lists all that it may hold, as the reader does.
    @Test func refusesUnknownKeysEverywhere() throws {
        func walk(_ value: JSONValue, _ path: String) {
            switch value.content {
            case .array(let elements): for element in elements { walk(element, path + "[]") }
            case .object(let object):
                if object["properties"] != nil {
                    guard case .bool(false) = object["additionalProperties"]?.content else {
                        Issue.record("\(path) is open")
                        return
                    }
                }
                for member in object.members { walk(member.value, path + "." + member.key) }
            default: break
            }
        }
        walk(JSONValue(.object(definitions)), "$defs")
    }

    @Test func knowsTheNumbersOfTheReader() throws {
        #expect(
            try UInt64(json: value("resources", "properties", "memory", "anyOf", "0", "minimum"))
                == Quantity.leastMemory)
        #expect(try UInt64(json: value("resources", "properties", "pids", "maximum")) == Quantity.mostPids)
        #expect(try Double(json: value("resources", "properties", "cpus", "maximum")) == Quantity.mostCPUs)
        #expect(try Int(json: value("path", "maxLength")) == ProfileObject.pathLimit)
        #expect(try String(json: value("name", "pattern")).hasSuffix("{0,\(ProfileReader.nameLimit - 1)}$"))
    }

    @Test func everyKeyIsReadAndExplained() throws {
        let text = #"""
            {
              "$schema": "x", "agents": { "a": {
                "readOnlyPaths": ["/usr", { "path": "/opt", "optional": true, "create": false }],
                "writablePaths": [{ "path": "~/x", "create": true }], "deniedPaths": [], "allowedExecutables": [],
                "network": { "allow": ["*.example.org:443"] }, "environment": { "pass": ["A"], "set": { "B": "" } },
                "resources": { "memory": "1GiB", "cpus": 1, "pids": 2, "wallTime": 1, "cpuTime": "2s", "output": 1 }, "helpers": true, "memfd": false,
                "unixSockets": "none", "denyWriteExecuteMemory": true,
                "extends": "y", "tools": { "t": {} } } }, "extends": "z"
            }
            """#
        let agent = try ProfileFile.parse(Array(text.utf8), path: "p.json").profile.agents[0]
        #expect(agent.grants.writablePaths?.first?.createsDirectory == true)
        guard case .allow(let targets)? = agent.grants.network?.value else {
            Issue.record("no list")
            return
        }
        #expect(targets.map(\.value.description) == ["*.example.org:443"])
        #expect(agent.tools.map(\.name) == ["t"])
        let page = String(
            decoding: try Data(contentsOf: URL(fileURLWithPath: repository + "/spec/profile.md")), as: UTF8.self)
        let all =
            ProfileKeys.file + ProfileKeys.single + ProfileKeys.pathEntry + ProfileKeys.network
            + ProfileKeys.environment + ProfileKeys.resources
        for key in all { #expect(page.contains("`\(key)`"), "spec/profile.md does not explain \(key)") }
    }
}
