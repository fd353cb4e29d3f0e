import Testing

@testable import LinuxSystem

struct NameTests {
    @Test func errnoSpeaksInLowerCase() {
        #expect("\(Errno.noSuchFile)" == "no such file or directory")
        #expect("\(Errno.inputOutput)" == "input/output error")
    }

    @Test func errorsNameCallAndObject() {
        #expect(
            "\(SystemCallError(call: "open", object: "\"/x\"", errno: .permissionDenied))"
                == "open \"/x\": permission denied")
        #expect("\(SystemCallError(call: "pipe2", errno: .busy))" == "pipe2: device or resource busy")
    }

    @Test(arguments: [
        ("a b", "\"a b\""), ("a\"b", "\"a\\\"b\""), ("a\nb\t", "\"a\\nb\\t\""), ("\u{1b}[m", "\"\\x1b[m\""),
        ("\u{7f}", "\"\\x7f\""), ("a\\b", "\"a\\\\b\""), ("\\\"", "\"\\\\\\\"\""), ("é", "\"é\""), ("", "\"\""),
        ("a\u{9b}2J", "\"a\\u{9b}2J\""), ("\u{202e}x\u{2028}", "\"\\u{202e}x\\u{2028}\""),
        ("日本", "\"日本\""),
    ])
    func quotes(_ text: String, _ result: String) { #expect(quoted(text) == result) }

    @Test(
        arguments: [
            ("TERM", 15), ("SIGTERM", 15), ("sigterm", 15), ("15", 15), ("KILL", 9), ("HUP", 1), ("USR1", 10),
            ("CHLD", 17), ("CLD", 17), ("IOT", 6), ("POLL", 29), ("WINCH", 28), ("SYS", 31), ("RTMIN", 34),
            ("RTMIN+3", 37), ("SIGRTMAX-1", 63), ("RTMAX", 64), ("1", 1), ("64", 64),
        ] as [(String, Int32)])
    func signals(_ text: String, _ number: Int32) { #expect(Signals.number(text) == number) }

    @Test(arguments: [
        "", "SIG", "0", "65", "-9", "NOPE", "SIGSIGTERM", "RTMIN+31", "RTMAX-31", "9 ", "RTMIN+", "+15", "SIG+15",
        "RTMIN++3", "RTMAX-+1", "١٥", "1_5",
    ])
    func noSignals(_ text: String) { #expect(Signals.number(text) == nil) }

    @Test func signalNames() {
        #expect(Signals.name(15) == "TERM")
        #expect(Signals.name(6) == "ABRT")
        #expect(Signals.name(50) == "50")
    }

    @Test(
        arguments: [
            ("CPU", 0), ("FSIZE", 1), ("DATA", 2), ("STACK", 3), ("CORE", 4), ("RSS", 5), ("NPROC", 6), ("NOFILE", 7),
            ("MEMLOCK", 8), ("AS", 9), ("LOCKS", 10), ("SIGPENDING", 11), ("MSGQUEUE", 12), ("NICE", 13),
            ("RTPRIO", 14), ("RTTIME", 15),
        ] as [(String, Int32)])
    func resourceLimits(_ name: String, _ number: Int32) {
        let kind = ResourceLimitKind(name: "RLIMIT_" + name)
        #expect(kind?.rawValue == number)
        #expect(kind?.name == "RLIMIT_" + name)
    }

    @Test(arguments: ["", "NOFILE", "RLIMIT_", "rlimit_nofile", "RLIMIT_NOPE"])
    func noResourceLimits(_ name: String) { #expect(ResourceLimitKind(name: name) == nil) }

    @Test(
        arguments: [
            ("CAP_CHOWN", 0), ("CAP_SETPCAP", 8), ("CAP_SYS_ADMIN", 21), ("CAP_AUDIT_READ", 37),
            ("CAP_CHECKPOINT_RESTORE", 40),
        ] as [(String, UInt64)])
    func capabilities(_ name: String, _ bit: UInt64) {
        #expect(CapabilitySet(name: name) == CapabilitySet(rawValue: 1 << bit))
    }

    @Test(arguments: ["", "CHOWN", "cap_chown", "CAP_", "CAP_NOPE", "21", "CAP_21"])
    func noCapabilities(_ name: String) { #expect(CapabilitySet(name: name) == nil) }
}
