import JSON
import OCISpec
import Testing

@Suite("Reading and writing")
struct DecodingTests {
    private static func value(_ text: String) throws -> JSONValue { try JSONParser.parse(Array(text.utf8)) }

    @Test("members are written in the specification's order, absent ones not at all")
    func writingOrder() {
        let spec = Spec(
            ociVersion: "1.0.0", process: Process(args: ["true"]), root: Root(path: "rootfs"), hostname: "h",
            mounts: [Mount(destination: "/tmp", type: "tmpfs")], hooks: Hooks(poststop: [Hook(path: "/bin/true")]),
            annotations: ["b": "2", "a": "1"], linux: Linux(namespaces: [LinuxNamespace(.pid)]))
        #expect(
            JSONWriter.string(spec) == """
                {"ociVersion":"1.0.0","process":{"user":{"uid":0,"gid":0},"args":["true"],"cwd":"/"},\
                "root":{"path":"rootfs"},"hostname":"h","mounts":[{"destination":"/tmp","type":"tmpfs"}],\
                "hooks":{"poststop":[{"path":"/bin/true"}]},"annotations":{"a":"1","b":"2"},\
                "linux":{"namespaces":[{"type":"pid"}]}}
                """)
    }

    @Test("the state is written as hooks and engines read it")
    func state() {
        let state = State(id: "a", status: .created, pid: 7, bundle: "/b")
        #expect(
            JSONWriter.string(state)
                == #"{"ociVersion":"1.3.0","id":"a","pid":7,"status":"created","bundle":"/b"}"#)
        let process = ContainerProcessState(pid: 7, metadata: "m", state: state)
        #expect(
            JSONWriter.string(process) == """
                {"ociVersion":"1.3.0","fds":["seccompFd"],"pid":7,"metadata":"m",\
                "state":\(JSONWriter.string(state))}
                """)
    }

    @Test("a process state is the same after writing")
    func processState() throws {
        let state = ContainerProcessState(
            pid: 1, state: State(id: "a", status: .creating, bundle: "/b", annotations: ["k": "v"]))
        #expect(try ContainerProcessState(json: state.json) == state)
    }

    @Test("an unknown word suggests what is known")
    func unknownWords() throws {
        let few = JSONValue.errorText { () throws(JSONDecodingError) in
            _ = try IOPriority.Class(json: "IOPRIO_CLASS_XX".json)
        }
        #expect(
            few == """
                unknown input/output priority class "IOPRIO_CLASS_XX" \
                (known: IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE)
                """)
        let many = JSONValue.errorText { () throws(JSONDecodingError) in
            _ = try SeccompArchitecture(json: "SCMP_ARCH_RISCV".json)
        }
        #expect(many == "unknown seccomp architecture \"SCMP_ARCH_RISCV\" (nearest known: SCMP_ARCH_RISCV64)")
    }

    @Test("words are matched exactly", arguments: ["PID", "pid ", "", "pi\u{64}\u{301}", "mount\0"])
    func inexactWords(word: String) {
        #expect(throws: JSONDecodingError.self) { try LinuxNamespace.Kind(json: word.json) }
    }

    @Test("hooks are found by phase, in the order in which they run")
    func hookPhases() throws {
        let hooks = try Hooks(
            json: Self.value(
                """
                {"prestart":[{"path":"/1"}],"createRuntime":[{"path":"/2"}],"createContainer":[{"path":"/3"}],
                 "startContainer":[{"path":"/4"}],"poststart":[{"path":"/5"}],"poststop":[{"path":"/6"}]}
                """))
        #expect(Hooks.Phase.allCases.flatMap { hooks[$0].map(\.path) } == ["/1", "/2", "/3", "/4", "/5", "/6"])
        #expect(!hooks.isEmpty)
        #expect(Hooks().isEmpty)
    }

    @Test("features tell unknown from none")
    func features() throws {
        let unknown = try Features(json: Self.value(#"{"ociVersionMin":"1.0.0","ociVersionMax":"1.1.0","hooks":null}"#))
        #expect(unknown.hooks == nil)
        let none = try Features(
            json: Self.value(
                #"{"ociVersionMin":"1.0.0","ociVersionMax":"1.1.0","hooks":[],"linux":{"selinux":{"enabled":false}}}"#))
        #expect(none.hooks == [])
        #expect(none.linux?.selinux == false)
        #expect(none.linux?.apparmor == nil)
        #expect(try Features(json: none.json) == none)
    }

    @Test("the example is valid, as root and without")
    func example() throws {
        try Spec.example().validate()
        #expect(Spec.example().linux?.hasNamespace(.network) == true)
        #expect(Spec.example().linux?.uidMappings.isEmpty == true)

        let rootless = Spec.example(rootless: (1000, 100))
        try rootless.validate()
        #expect(rootless.linux?.uidMappings == [IDMapping(containerID: 0, hostID: 1000, size: 1)])
        #expect(rootless.linux?.gidMappings == [IDMapping(containerID: 0, hostID: 100, size: 1)])
        #expect(rootless.linux?.hasNamespace(.user) == true)
        #expect(rootless.linux?.hasNamespace(.network) == false)
        #expect(rootless.mounts.contains { $0.destination == "/sys" && $0.isBind })
        #expect(!rootless.mounts.flatMap(\.options).contains("gid=5"))
    }
}
