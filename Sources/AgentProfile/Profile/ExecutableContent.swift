internal import LinuxSystem

/// What the kernel would do with a file that is executed, by its first bytes.
enum ExecutableContent: Equatable {
    /// Load it.
    case program
    /// Start the interpreter that its first line names, with one argument or none.
    case script(interpreter: String, argument: String?)

    /// The kernel looks at no more of a file (BINPRM_BUF_SIZE).
    private static let lookLimit = 256

    /// Why a file cannot be executed: the reason, to be read after the file's name.
    struct Refusal: Error {
        let reason: String

        init(_ reason: String) { self.reason = reason }
    }

    /// Looks at a file.
    ///
    /// - Parameter path: A regular file.
    /// - Throws: ``Refusal`` where the kernel would not execute it.
    init(of path: String) throws(Refusal) {
        let head: [UInt8]
        do throws(SystemCallError) {
            head = try openFile(path, .readOnly).read(upTo: Self.lookLimit)
        } catch {
            throw Refusal("cannot be read: \(error.errno)")
        }
        if head.starts(with: [0x7F, 0x45, 0x4C, 0x46]) {
            try Self.checkELF(head)
            self = .program
        } else if head.starts(with: "#!".utf8) {
            self = try Self.script(head)
        } else if head.isEmpty {
            throw Refusal("is empty: neither a program nor a script")
        } else {
            throw Refusal("is neither an ELF program nor a script: its first line must begin with \"#!\"")
        }
    }

    // MARK: ELF (elf(5))

    private static func checkELF(_ head: [UInt8]) throws(Refusal) {
        guard head.count >= 20 else { throw Refusal("is cut short: not a whole ELF program") }
        // EI_CLASS and EI_DATA: 64 bits, little-endian; e_type and e_machine.
        let machine = UInt16(head[18]) | UInt16(head[19]) << 8
        guard head[4] == 2, head[5] == 1, machine == hostMachine.number else {
            throw Refusal("is built for \(machineName(machine, head)), this machine is \(hostMachine.name)")
        }
        let type = UInt16(head[16]) | UInt16(head[17]) << 8
        guard type == 2 || type == 3 else { throw Refusal("is an ELF file, but not a program") }
    }

    #if arch(x86_64)
        private static let hostMachine: (number: UInt16, name: String) = (62, "x86_64")
    #elseif arch(arm64)
        private static let hostMachine: (number: UInt16, name: String) = (183, "aarch64")
    #elseif arch(riscv64)
        private static let hostMachine: (number: UInt16, name: String) = (243, "riscv64")
    #endif

    private static func machineName(_ machine: UInt16, _ head: [UInt8]) -> String {
        if head[5] != 1 { return "a big-endian machine" }
        return switch machine {
        case 3: "i386"
        case 40: "arm"
        case 62: head[4] == 1 ? "x32" : "x86_64"
        case 183: "aarch64"
        case 243: "riscv"
        default: "another machine (ELF number \(machine))"
        }
    }

    // MARK: Scripts (execve(2))

    private static func script(_ head: [UInt8]) throws(Refusal) -> ExecutableContent {
        let line = head.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") && $0 != 0 }
        let isWhole = line.count + 2 < head.count || head.count < lookLimit
        if line.last == UInt8(ascii: "\r") {
            throw Refusal("has a first line that ends with a carriage return: save it with Unix line ends")
        }
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let start = line.drop(while: isBlank)
        let name = start.prefix { !isBlank($0) }
        if name.isEmpty { throw Refusal("names no interpreter after \"#!\"") }
        if !isWhole, name.count == start.count { throw Refusal("has a first line longer than the kernel reads") }
        guard let interpreter = String(validating: name, as: UTF8.self) else {
            throw Refusal("names an interpreter that is not UTF-8")
        }
        var argument = start.dropFirst(name.count).drop(while: isBlank)
        while argument.last.map(isBlank) ?? false { argument = argument.dropLast() }
        return .script(
            interpreter: interpreter, argument: argument.isEmpty ? nil : String(decoding: argument, as: UTF8.self))
    }
}

extension ExecutableContent {
    /// The program that `env` starts for a script whose first line is `#!/usr/bin/env ARGUMENT`: the first word that
    /// is neither an option nor a variable (env(1)).
    static func programOfEnv(_ argument: String?) -> String? {
        var words = (argument ?? "").split { $0 == " " || $0 == "\t" }[...]
        while let word = words.popFirst() {
            switch word {
            case "-u", "-C": words = words.dropFirst()
            case "-S": continue
            // -S may have the program's name glued to it.
            case _ where word.hasPrefix("-S"): return String(word.dropFirst(2))
            case _ where word.hasPrefix("-"): continue
            case _ where word.contains("="): continue
            default: return String(word)
            }
        }
        return nil
    }
}
