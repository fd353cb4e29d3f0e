import Testing

/// `denyWriteExecuteMemory`: what was written into memory is never executed, in whatever a call starts.
@Suite(.needsRoot, .agentrtOnly) struct ProfileMemoryTests {
    #if arch(x86_64)
        // mmap(2) of a page that may be all; of one to write, and mprotect(2) of it to execute.
        private static let attempts = [
            "syscall", "9", "0", "4096", "7", "0x22", "-1", "0", ",", "syscall", "9", "0x10000000", "4096", "3", "0x32",
            "-1", "0", ",", "syscall", "10", "0x10000000", "4096", "5", ",", "syscall", "10", "0x10000000", "4096", "7",
        ]

        private func project(_ identity: Identity, _ more: String) throws -> SandboxedProject {
            let project = try SandboxedProject(
                identity, executables: ["/usr/bin/bash", "<project root>/payload"], more: more)
            try Files.linkOrCopy(Session.shared.get().payload, to: project.directory + "/payload")
            return project
        }

        private func answers(_ output: Output) -> [String] {
            output.standardOutput.split(separator: "\n").map { $0.split(separator: "=").last.map(String.init) ?? "" }
        }

        @Test(arguments: Identity.allCases) func whatWasWrittenIsNotExecuted(_ identity: Identity) throws {
            let project = try project(identity, ", \"denyWriteExecuteMemory\": true")
            let payload = project.directory + "/payload"
            for words in [[payload], ["/usr/bin/bash", "-c", "\"$@\"", "bash", payload]] {
                let answers = answers(try project.run(words + Self.attempts))
                #expect(answers.count == 4 && [answers[0], answers[2], answers[3]] == ["EACCES", "EACCES", "EACCES"])
                #expect(answers[1] == "\(0x1000_0000)" || answers[1] == "0x10000000", "\(answers)")
            }
            #expect(try project.bash("[[ $(echo text) == text ]]").status == 0)
        }

        @Test func withoutTheKeyItIs() throws {
            for more in ["", ", \"denyWriteExecuteMemory\": false"] {
                let project = try project(.rootInUsersProject, more)
                let answers = answers(try project.run([project.directory + "/payload"] + Self.attempts))
                #expect(answers.count == 4 && !answers.contains("EACCES"), "\(answers)")
            }
        }

        /// The annotation holds for a program that `exec` adds, too.
        @Test func anAddedProgramIsHeldAsWell() throws {
            let project = try project(.rootInUsersProject, ", \"denyWriteExecuteMemory\": true")
            let payload = project.directory + "/payload"
            let id = "memory-\(uniqueNumber())"
            let call = try project.start(payload, "say", "ready", ",", "pause", options: ["--id", id])
            try call.waitForOutput("ready")
            let added = try Command(
                Runtime.current.path, ["--root", project.scratch.stateRoot, "exec", id, payload] + Self.attempts
            ).run()
            let answers = answers(added)
            #expect(answers.count == 4 && answers[0] == "EACCES" && answers[2] == "EACCES", "\(added)")
        }
    #endif

    @Test func itIsExplained() throws {
        let project = try SandboxedProject(.rootInUsersProject, more: ", \"denyWriteExecuteMemory\": true")
        let text = try Command(
            Runtime.current.path, ["explain", project.profile, "--project", project.directory]
        ).run().succeeded().standardOutput
        #expect(text.contains("what was written is never executed"), "\(text)")
    }
}
