internal import LinuxSystem

/// One way out of a sandbox, or one thing that a sandbox permits.
struct Attempt: Sendable {
    /// Its name: words of lower case with hyphens, unique.
    let name: String
    /// What stops it.
    let layer: Layer
    /// What it needs beside the kernel.
    let needs: [Need]
    /// Whether it may be made outside of a sandbox too, and must succeed there.
    let control: Control
    /// The errors that mean that it was refused. With any other one it got past the check that matters.
    let refusals: [Errno]
    /// Makes the attempt, in the sandbox.
    let body: Body

    typealias Body = @Sendable (Surroundings) throws(SystemCallError) -> Finding

    /// What stops an attempt: one of the four layers of the executable list, or what else a sandbox consists of.
    enum Layer: String, Sendable {
        case rootFilesystem = "root file system"
        case mounts, seccomp
        case landlock = "Landlock"
        case capabilities, namespaces
        case masks = "masked paths"
        case runtime = "agentrt"
        /// Nothing: it is permitted, and must succeed. A sandbox in which nothing works refuses everything.
        case nothing = "-"
    }

    /// What an attempt needs on the machine; where it is missing the attempt is not made.
    enum Need: String, Sendable {
        case bash = "bash"
        case loader = "a dynamic loader"
        case x86 = "an x86-64 kernel"
        case xattr = "extended attributes"
        case filesWithoutName = "files without a name (O_TMPFILE)"
    }

    /// What is known of an attempt outside of a sandbox.
    enum Control: Sendable {
        /// It succeeds there: where it does not, its refusal in the sandbox would prove nothing.
        case mustSucceed
        /// It may succeed there, which is told; another kernel or user may be refused.
        case maySucceed
        /// It would harm the machine, or means nothing there.
        case notMade
    }

    /// How an attempt ended.
    enum Finding: Equatable, Sendable {
        /// The sandbox refused it: why.
        case refused(String)
        /// It succeeded: what was reached.
        case succeeded(String)
    }

    init(
        _ name: String, _ layer: Layer, _ refusals: [Errno], needs: [Need] = [],
        control: Control = .maySucceed, _ body: @escaping Body
    ) {
        self.name = name
        self.layer = layer
        self.needs = needs
        self.control = control
        self.refusals = refusals
        self.body = body
    }

    /// One whose refusal is not an error of a call: every error is a success.
    init(
        _ name: String, _ layer: Layer, needs: [Need] = [], control: Control = .maySucceed, _ body: @escaping Body
    ) {
        self.init(name, layer, [], needs: needs, control: control, body)
    }

    /// Makes the attempt.
    ///
    /// - Parameter surroundings: Where.
    /// - Returns: How it ended.
    func make(_ surroundings: Surroundings) -> Finding {
        do throws(SystemCallError) {
            return try body(surroundings)
        } catch {
            let text = "\(error.call): \(error.errno)"
            if refusals.contains(error.errno) { return .refused(text) }
            return .succeeded("past the check, to \(text)")
        }
    }

    /// All attempts, in the order in which they are made: first what is permitted.
    static let all =
        permitted + execution + loader + memory + namespaces + mounts + processes + kernelParts + machine + sockets
        + hiddenFiles + kernelFiles + writing + protection + identity + shell
}

/// Where an attempt is made: what was laid out for it.
struct Surroundings: Sendable {
    /// The project, which is the working directory in the sandbox.
    let project: String
    /// A process outside.
    let outsider: Int
    /// A port on 127.0.0.1 where somebody outside listens.
    let port: Int
    /// The name, without the NUL before it, of an abstract unix socket where somebody outside listens.
    let abstractName: String

    /// What lies around the project, and what no sandbox of it shows.
    var outside: String { project.parentPath }
    /// The one directory of the project that may be written, where nothing is protected.
    var writable: String { project + "/doc" }
    /// A directory that may be written, but for some of what is in it.
    var guarded: String { project + "/temp" }
    /// A file that may be read only.
    var readOnly: String { project + "/src/main.txt" }
    /// A program that is in the project and not listed.
    var unlisted: String { project + "/src/payload" }
    /// The program that is listed, and makes the attempts.
    var listed: String { project + "/probe" }
    /// The repository of the project, which may be written but for its hooks and its configuration.
    var git: String { project + "/.git" }
    /// The profile.
    var profile: String { guarded + "/profile.json" }

    /// As words for the probe's command line.
    var words: [String] { [project, "\(outsider)", "\(port)", abstractName] }

    init(project: String, outsider: Int, port: Int, abstractName: String) {
        self.project = project
        self.outsider = outsider
        self.port = port
        self.abstractName = abstractName
    }

    /// From the words of a command line.
    init?(_ words: [String]) {
        guard words.count == 4, let outsider = Int(words[1]), let port = Int(words[2]) else { return nil }
        self.init(project: words[0], outsider: outsider, port: port, abstractName: words[3])
    }
}

extension String {
    /// The path without its last component.
    var parentPath: String {
        guard let slash = utf8.lastIndex(of: UInt8(ascii: "/")), slash > utf8.startIndex else { return "/" }
        return String(self[..<slash])
    }
}
