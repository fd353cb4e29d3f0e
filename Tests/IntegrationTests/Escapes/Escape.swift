import Testing

/// One attempt to break out of a sandbox, for ``EscapeTests``: a program whose status is 0 only where it has succeeded.
struct Escape: Sendable, CustomTestStringConvertible {
    /// What it is said in.
    enum Language {
        case bash, python
    }

    let name: String
    let language: Language
    let text: String
    /// Whether the OCI specification suffices to stop it, so that runc does so too, with the same bundle.
    var holdsInRunc = true
    /// Whether it succeeds outside of a sandbox, for root on this machine. Where it does not, why it is proved otherwise.
    var succeedsOutside = true
    /// Whether it succeeds outside only where there is a route out.
    var needsRoute = false
    /// The callers for whom it is none: who owns all of the project may do as root what this tries.
    var exceptFor: [Identity] = []

    var testDescription: String { name }

    /// An attempt in bash. `P` is the project, `W` a directory of it that may be written, `O` what lies around it, `LD` the
    /// loader, `PORT`, `NAME` and `PID` are those of ``EscapePlace``. `evil` and `works` are in ``bashPrelude``.
    static func bash(_ name: String, _ text: String) -> Escape { Escape(name: name, language: .bash, text: text) }

    /// An attempt in Python, with the same names; `call` makes a system call by number.
    static func python(_ name: String, _ text: String) -> Escape { Escape(name: name, language: .python, text: text) }

    /// The same, where another runtime does not stop it.
    var byAgentrtAlone: Escape {
        var escape = self
        escape.holdsInRunc = false
        return escape
    }

    /// The same, where it cannot succeed outside either; the reason stands beside it.
    var withoutControl: Escape {
        var escape = self
        escape.succeedsOutside = false
        return escape
    }

    /// The same, which succeeds outside only where there is a route out.
    var byRoute: Escape {
        var escape = self
        escape.needsRoute = true
        return escape
    }

    /// The same, but not for root in a project of root's.
    var unlessOwnedByRoot: Escape {
        var escape = self
        escape.exceptFor = [.rootInRootsProject]
        return escape
    }

    /// Whether a word stands in it.
    func uses(_ word: String) -> Bool { text.contains(word) }

    /// The programs that it needs beside bash, which a profile for it lists: those whose names stand in it.
    var programs: [String] {
        if language == .python { return ["python3"] }
        let words = text.split { !($0.isLetter || $0.isNumber || $0 == "-") }.map(String.init)
        return Self.known.filter(words.contains)
    }

    private static let known = [
        "cat", "chmod", "cp", "find", "git", "ln", "ls", "mawk", "mkdir", "mkfifo", "mv", "python3", "rm", "tar",
        "touch",
        "truncate", "xargs",
    ]

    /// The command to run, with the words of a place.
    func command(_ words: [String]) -> [String] {
        switch language {
        case .bash: ["/usr/bin/bash", "-c", Self.bashPrelude + text, "bash"] + words
        case .python: ["/usr/bin/python3", "-c", Self.pythonPrelude + text] + words
        }
    }

    /// `evil` runs a command that must say EVIL; `works` the payload's verb, which must succeed.
    private static let bashPrelude = """
        echo begun
        P=$1 W=$2 O=$3 PORT=$4 NAME=$5 PID=$6 T=$7 LD=/lib64/ld-linux-x86-64.so.2
        evil() { [[ $("$@" 2> /dev/null) == *EVIL* ]]; }
        works() { [[ $("$T" "$@" 2> /dev/null) == *=@(ok|exit 0|[0-9]*) ]]; }
        past() { [[ $("$T" "$@" 2> /dev/null) == *=* &&
                    $("$T" "$@" 2> /dev/null) != *=@(EPERM|ENOSYS|EACCES|EAFNOSUPPORT|EPROTONOSUPPORT) ]]; }

        """

    private static let pythonPrelude = """
        import ctypes, fcntl, mmap, os, socket, subprocess, sys
        print("begun", flush=True)
        P, W, O, PORT, NAME, PID = sys.argv[1:7]
        PORT, PID = int(PORT), int(PID)
        libc = ctypes.CDLL(None, use_errno=True)
        def call(*arguments):
            result = libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
            if result < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            return result
        def read(path):
            with open(path, "rb") as file: return file.read()
        def child(body):
            pid = os.fork()
            if pid == 0:
                body()
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0

        """
}
