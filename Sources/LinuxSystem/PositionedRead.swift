internal import CLinux

extension FileDescriptor {
    /// Reads up to a number of bytes from a place in the file, leaving the file's own position alone (pread(2)).
    ///
    /// - Parameters:
    ///   - offset: The first byte.
    ///   - limit: The most bytes to read.
    /// - Returns: What was there; fewer bytes where the file ends earlier.
    /// - Throws: ``SystemCallError``.
    public func read(at offset: UInt64, upTo limit: Int) throws(SystemCallError) -> [UInt8] {
        guard let start = Int(exactly: offset) else { return [] }
        var failure: SystemCallError?
        let number = rawValue
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            do throws(SystemCallError) {
                while count < limit {
                    let part = try systemCall(
                        "pread", LINUX_SYS_pread64, Int(number), word(buffer.baseAddress) + count, limit - count,
                        start + count)
                    if part == 0 { break }
                    count += part
                }
            } catch {
                failure = error
                count = 0
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
