internal import LinuxSystem

/// A container's name: the name of its directory, so it can hold no `/` and be neither `.` nor `..`.
public struct ContainerID: Equatable, Hashable, CustomStringConvertible, Sendable {
    /// The name.
    public let description: String

    /// Checks a name: letters, digits, `_`, `+`, `-` and `.`, not beginning with `.` or `-`, at most 255 bytes.
    ///
    /// - Parameter text: The name.
    /// - Throws: ``RuntimeError`` saying what a name may hold.
    public init(_ text: String) throws(RuntimeError) {
        let hasForeignByte = !text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"),
                UInt8(ascii: "."):
                true
            default: false
            }
        }
        if hasForeignByte || text.isEmpty || text.utf8.count > 255 || text.hasPrefix(".") || text.hasPrefix("-") {
            let what = hasForeignByte ? "invalid character in container ID" : "invalid container ID"
            throw RuntimeError(
                "\(what) \(quoted(text)): use letters, digits, \"_\", \"+\", \"-\" and \".\", not first \".\" or \"-\"")
        }
        description = text
    }

    /// A new name that no other container has: `run-` and twelve random letters and digits.
    ///
    /// - Returns: The name.
    /// - Throws: ``RuntimeError`` where the kernel has no randomness to give.
    public static func random() throws(RuntimeError) -> ContainerID {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz012345".utf8)
        let bytes = try during("make an id") { try randomBytes(12) }
        return try ContainerID("run-" + String(decoding: bytes.map { alphabet[Int($0 & 31)] }, as: UTF8.self))
    }
}
