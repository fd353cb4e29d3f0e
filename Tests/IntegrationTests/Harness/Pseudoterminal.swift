import Glibc

/// A terminal that a test holds the other end of.
final class Pseudoterminal {
    /// The end that sees what programs write and types what they read.
    let main: Int32
    /// The terminal itself, for ``Command/Input/terminal(_:)``.
    let path: String
    /// What programs have written so far.
    private(set) var output = ""

    /// Keeps the terminal alive, and its modes readable, after its last program.
    private let line: Int32

    // TIOCSPTLCK and TIOCGPTN, which Swift does not see.
    private let setLock: UInt = 0x4004_5431
    private let getNumber: UInt = 0x8004_5430

    init(rows: UInt16 = 24, columns: UInt16 = 80) throws {
        main = try check(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), "open", "/dev/ptmx")
        var unlocked: Int32 = 0
        var number: Int32 = 0
        try check(ioctl(main, setLock, &unlocked), "ioctl", "TIOCSPTLCK")
        try check(ioctl(main, getNumber, &number), "ioctl", "TIOCGPTN")
        path = "/dev/pts/\(number)"
        line = try check(open(path, O_RDWR | O_NOCTTY | O_CLOEXEC), "open", path)
        try resize(rows: rows, columns: columns)
    }

    /// Takes over the descriptor of a terminal's main end that somebody else made.
    init(adopting descriptor: Int32) throws {
        main = descriptor
        path = ""
        line = -1
        try check(fcntl(main, F_SETFL, O_NONBLOCK), "fcntl")
    }

    deinit {
        close(main)
        if line >= 0 { close(line) }
    }

    func resize(rows: UInt16, columns: UInt16) throws {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        try check(ioctl(main, UInt(TIOCSWINSZ), &size), "ioctl", "TIOCSWINSZ")
    }

    /// Rows and columns.
    var size: (rows: UInt16, columns: UInt16) {
        var size = winsize()
        _ = ioctl(main, UInt(TIOCGWINSZ), &size)
        return (size.ws_row, size.ws_col)
    }

    /// The terminal's local modes: echo, signals, line editing.
    var localModes: tcflag_t {
        var modes = termios()
        tcgetattr(line, &modes)
        return modes.c_lflag
    }

    func type(_ text: String) throws { try Files.write(text, descriptor: main) }

    /// Waits until programs have written a text.
    func waitFor(_ text: String) throws {
        try eventually("\"\(text)\" on the terminal") {
            drain()
            return output.contains(text)
        }
    }

    /// Reads what is there.
    func drain() {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(main, &buffer, buffer.count)
            if count <= 0 { return }
            output += String(decoding: buffer[..<count], as: UTF8.self)
        }
    }
}
