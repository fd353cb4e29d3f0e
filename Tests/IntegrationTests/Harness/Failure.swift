import Glibc

/// Why the harness itself could not go on; what a test asserts is never one.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// A failed system call, with errno's text.
    static func call(_ name: String, _ object: String = "") -> Failure {
        Failure("\(name) \(object): \(String(cString: strerror(errno)))")
    }
}

/// The result of a system call, or its failure.
@discardableResult
func check(_ result: Int32, _ name: String, _ object: String = "") throws -> Int32 {
    if result == -1 { throw Failure.call(name, object) }
    return result
}
