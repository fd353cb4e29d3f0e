import LinuxSystem
import Testing

@testable import ContainerRuntime

struct MountOptionsTests {
    static let forbidding: [(String, MountAttributes)] = [
        ("ro", .readOnly), ("nosuid", .noSetUserID), ("nodev", .noDevices), ("noexec", .noExecution),
        ("nosymfollow", .noSymlinkFollowing), ("nodiratime", .noDirectoryAccessTime),
    ]
    static let permitting: [(String, MountAttributes)] = [
        ("rw", .readOnly), ("suid", .noSetUserID), ("dev", .noDevices), ("exec", .noExecution),
        ("symfollow", .noSymlinkFollowing), ("diratime", .noDirectoryAccessTime),
    ]
    static let accessTimes: [(String, MountAttributes)] = [
        ("noatime", .noAccessTime), ("strictatime", .strictAccessTime), ("relatime", []), ("atime", []),
    ]

    @Test(arguments: forbidding)
    func forbids(_ option: String, _ attribute: MountAttributes) throws {
        var expected = try MountOptions([])
        expected.setting = attribute
        #expect(try MountOptions([option]) == expected)
        expected.setting = []
        expected.settingRecursively = attribute
        #expect(try MountOptions(["r" + option]) == expected)
    }

    @Test(arguments: permitting)
    func permits(_ option: String, _ attribute: MountAttributes) throws {
        var expected = try MountOptions([])
        expected.clearing = attribute
        #expect(try MountOptions([option]) == expected)
        expected.clearing = []
        expected.clearingRecursively = attribute
        #expect(try MountOptions(["r" + option]) == expected)
    }

    @Test(arguments: accessTimes)
    func accessTime(_ option: String, _ attribute: MountAttributes) throws {
        var expected = try MountOptions([])
        expected.setting = attribute
        expected.clearing = .accessTimeField
        #expect(try MountOptions([option]) == expected)
        #expect(try MountOptions(["noatime", "strictatime", option]) == expected)
        let recursive = try MountOptions(["r" + option])
        #expect(recursive.settingRecursively == attribute)
        #expect(recursive.clearingRecursively == .accessTimeField)
    }

    @Test(arguments: zip(forbidding, permitting))
    func theLastWins(_ no: (String, MountAttributes), _ yes: (String, MountAttributes)) throws {
        #expect(try MountOptions([no.0, yes.0]) == MountOptions([yes.0]))
        #expect(try MountOptions([yes.0, no.0]) == MountOptions([no.0]))
        #expect(try MountOptions(["r" + no.0, "r" + yes.0]) == MountOptions(["r" + yes.0]))
    }

    @Test(arguments: [
        "defaults", "norelatime", "nostrictatime", "rnorelatime", "rnostrictatime", "silent", "loud", "iversion",
        "noiversion", "async", "nomand", "nolazytime",
    ])
    func withoutEffect(_ option: String) throws { #expect(try MountOptions([option]) == MountOptions([])) }

    @Test(arguments: [("sync", "async"), ("mand", "nomand"), ("lazytime", "nolazytime")])
    func ofTheFileSystem(_ option: String, _ opposite: String) throws {
        #expect(try MountOptions([opposite, option]).data == [MountOptions.Data(index: 1, key: option, value: nil)])
        #expect(try MountOptions([option, opposite]).data.isEmpty)
    }

    @Test func binds() throws {
        #expect(try MountOptions(["bind"]).isBind)
        #expect(try !MountOptions(["bind"]).bindsRecursively)
        #expect(try MountOptions(["rbind"]).isBind)
        #expect(try MountOptions(["rbind"]).bindsRecursively)
        #expect(try MountOptions(["remount"]).isRemount)
        #expect(try MountOptions(["tmpcopyup"]).copiesUp)
    }

    @Test func propagationKeepsItsOrder() throws {
        let options = ["rslave", "shared", "private", "runbindable"]
        let propagation = try MountOptions(options).propagation
        #expect(propagation.map(\.kind) == [.slave, .shared, .isolated, .unbindable])
        #expect(propagation.map(\.isRecursive) == [true, false, false, true])
    }

    @Test func dataKeepsItsPlace() throws {
        let data = try MountOptions(["ro", "size=64k", "dirsync", "key=a=b", "x="]).data
        #expect(data.map(\.index) == [1, 2, 3, 4])
        #expect(data.map(\.key) == ["size", "dirsync", "key", "x"])
        #expect(data.map(\.value) == ["64k", nil, "a=b", ""])
    }

    @Test(arguments: ["idmap=x", "ridmap=x"])
    func refusesByName(_ option: String) {
        #expect(
            failure { _ = try MountOptions(["ro", option]) }
                == "options[1]: \"\(option)\": mappings go into uidMappings and gidMappings")
    }

    @Test func refusesAnEmptyOption() {
        #expect(failure { _ = try MountOptions([""]) } == "options[0]: is empty")
    }
}
