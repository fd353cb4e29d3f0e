internal import CLinux
internal import Glibc

/// The size of a terminal's window (ioctl_tty(2)).
public struct WindowSize: Equatable, Sendable {
    /// Lines.
    public let rows: UInt16
    /// Characters a line.
    public let columns: UInt16

    /// A size.
    ///
    /// - Parameters:
    ///   - rows: Lines.
    ///   - columns: Characters a line.
    public init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }
}

/// A new pair of pseudoterminal ends (pty(7)).
public struct Pseudoterminal: ~Copyable {
    /// The end that a terminal emulator holds.
    public let master: FileDescriptor
    /// The end that programs use.
    public let slave: FileDescriptor
    /// The slave's name in its devpts: a number.
    public let index: UInt32

    /// Makes a pair from an open `ptmx`.
    ///
    /// - Parameter multiplexer: `ptmx` of a devpts, open for reading and writing.
    /// - Throws: ``SystemCallError``.
    public init(multiplexer: consuming FileDescriptor) throws(SystemCallError) {
        let number = multiplexer.rawValue
        var unlocked: Int32 = 0
        try checked("ioctl TIOCSPTLCK") { linux_ioctl(number, 0x4004_5431, &unlocked) }
        var index: UInt32 = 0
        try checked("ioctl TIOCGPTN") { linux_ioctl(number, 0x8004_5430, &index) }
        // By TIOCGPTPEER: the slave of this very master, whatever is mounted on its path.
        let flags = Int(O_RDWR | O_NOCTTY | O_CLOEXEC)
        slave = FileDescriptor(
            owning: Int32(try checked("ioctl TIOCGPTPEER") { linux_ioctl_word(number, 0x5441, flags) }))
        self.index = index
        master = multiplexer
    }
}

extension FileDescriptor {
    /// Whether this is a terminal.
    public var isTerminal: Bool { Glibc.isatty(rawValue) == 1 }

    /// The window's size (TIOCGWINSZ).
    ///
    /// - Returns: The size.
    /// - Throws: ``SystemCallError``.
    public func windowSize() throws(SystemCallError) -> WindowSize {
        var size = winsize()
        let number = rawValue
        try checked("ioctl TIOCGWINSZ") { linux_ioctl(number, UInt(TIOCGWINSZ), &size) }
        return WindowSize(rows: size.ws_row, columns: size.ws_col)
    }

    /// Sets the window's size (TIOCSWINSZ).
    ///
    /// - Parameter size: The size.
    /// - Throws: ``SystemCallError``.
    public func setWindowSize(_ size: WindowSize) throws(SystemCallError) {
        var size = winsize(ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0)
        let number = rawValue
        try checked("ioctl TIOCSWINSZ") { linux_ioctl(number, UInt(TIOCSWINSZ), &size) }
    }

    /// Ceases to write each line feed as carriage return and line feed (ONLCR, termios(3)).
    ///
    /// - Throws: ``SystemCallError``.
    public func leaveLineFeeds() throws(SystemCallError) {
        let number = rawValue
        try checked("tcsetattr") { linux_terminal_leave_line_feeds(number) }
    }

    /// Makes this terminal the controlling one of this session (TIOCSCTTY).
    ///
    /// - Throws: ``SystemCallError``.
    public func makeControllingTerminal() throws(SystemCallError) {
        let number = rawValue
        try checked("ioctl TIOCSCTTY") { linux_ioctl_word(number, UInt(TIOCSCTTY), 0) }
    }
}

/// The user's own terminal in raw mode: what is typed passes unchanged, and keys that send signals are bytes too. What is
/// written to it is treated as before.
public struct RawTerminal: ~Copyable {
    private let number: Int32
    private let saved: UnsafeMutableRawPointer

    /// Switches a terminal to raw mode.
    ///
    /// - Parameter number: Its descriptor, which must stay open.
    /// - Throws: ``SystemCallError``.
    public init(_ number: Int32) throws(SystemCallError) {
        let saved = UnsafeMutableRawPointer.allocate(byteCount: linux_terminal_settings_size(), alignment: 8)
        do throws(SystemCallError) {
            try checked("tcsetattr") { linux_terminal_make_raw(number, saved) }
        } catch {
            saved.deallocate()
            throw error
        }
        self.number = number
        self.saved = saved
    }

    deinit {
        _ = linux_terminal_restore(number, saved)
        saved.deallocate()
    }
}

/// Whether a descriptor of this process is a terminal (isatty(3)).
///
/// - Parameter number: The descriptor.
/// - Returns: Whether it is.
public func isTerminal(_ number: Int32) -> Bool { Glibc.isatty(number) == 1 }
