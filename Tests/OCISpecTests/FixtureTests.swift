import JSON
import OCISpec
import Testing

@Suite("Fixtures of the runtime specification")
struct FixtureTests {
    @Test(
        "the folders hold fixtures",
        arguments: [
            ("config/good", 14), ("config/bad", 40), ("config/foreign", 5), ("state/good", 3), ("state/bad", 5),
            ("features/good", 3), ("features/bad", 3),
        ])
    func foldersAreFilled(folder: String, least: Int) {
        #expect(Fixture.all(folder).count >= least)
    }

    @Test("good configurations are read, valid, and the same after writing", arguments: Fixture.all("config/good"))
    func goodConfigurations(fixture: Fixture) throws {
        let spec = try Spec(json: fixture.json)
        try spec.validate()
        let text = JSONWriter.bytes(spec, layout: .indented)
        var kept = spec
        kept.foreignPlatforms = []
        #expect(try Spec(json: JSONParser.parse(text)) == kept)
        #expect(JSONWriter.bytes(try Spec(json: JSONParser.parse(text)), layout: .indented) == text)
    }

    @Test("bad configurations are refused with the expected error", arguments: Fixture.all("config/bad"))
    func badConfigurations(fixture: Fixture) throws {
        if fixture.name.hasPrefix("not-json") {
            #expect(throws: JSONSyntaxError.self) { try fixture.json }
            return
        }
        let json = try fixture.json
        let error = JSONValue.errorText { () throws(JSONDecodingError) in try Spec(json: json).validate() }
        #expect(try error == fixture.expectedError)
    }

    @Test("configurations for other platforms are read, noted and refused", arguments: Fixture.all("config/foreign"))
    func foreignConfigurations(fixture: Fixture) throws {
        let spec = try Spec(json: fixture.json)
        let platform = try #require(Spec.ForeignPlatform(rawValue: String(fixture.name.dropLast(5))))
        #expect(spec.foreignPlatforms == [platform])
        let error = JSONValue.errorText { () throws(JSONDecodingError) in try spec.validate() }
        #expect(error == "\(platform.rawValue): the configuration is not for Linux")
    }

    @Test("good states are read and the same after writing", arguments: Fixture.all("state/good"))
    func goodStates(fixture: Fixture) throws {
        let state = try State(json: fixture.json)
        #expect(try State(json: JSONParser.parse(JSONWriter.bytes(state))) == state)
    }

    @Test("bad states are refused with the expected error", arguments: Fixture.all("state/bad"))
    func badStates(fixture: Fixture) throws {
        if fixture.name.hasPrefix("not-json") {
            #expect(throws: JSONSyntaxError.self) { try fixture.json }
            return
        }
        let json = try fixture.json
        #expect(
            try JSONValue.errorText { () throws(JSONDecodingError) in _ = try State(json: json) }
                == fixture.expectedError)
    }

    @Test("good features are read and the same after writing", arguments: Fixture.all("features/good"))
    func goodFeatures(fixture: Fixture) throws {
        let features = try Features(json: fixture.json)
        #expect(try Features(json: JSONParser.parse(JSONWriter.bytes(features))) == features)
    }

    @Test("bad features are refused with the expected error", arguments: Fixture.all("features/bad"))
    func badFeatures(fixture: Fixture) throws {
        let json = try fixture.json
        #expect(
            try JSONValue.errorText { () throws(JSONDecodingError) in _ = try Features(json: json) }
                == fixture.expectedError)
    }
}
