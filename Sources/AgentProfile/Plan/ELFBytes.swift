internal import LinuxSystem

/// The bytes of a file, read by the page as they are asked for; every place is checked against the file's length.
///
/// A program can be a hundred megabytes long; what is needed of it is a few pages.
struct ELFBytes {
    private enum Source {
        case file(FileDescriptorBox)
        case memory([UInt8])
    }

    private let source: Source
    /// The length of the file.
    private let size: UInt64
    /// The length of the file, as far as it can be counted.
    var length: Int { Int(clamping: size) }
    private var window: [UInt8] = []
    private var windowStart: UInt64 = 0

    /// The bytes of an open file.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - size: Its length.
    init(_ file: consuming FileDescriptor, size: UInt64) {
        source = .file(FileDescriptorBox(file))
        self.size = size
    }

    /// Bytes in memory.
    init(_ bytes: [UInt8]) {
        source = .memory(bytes)
        size = UInt64(bytes.count)
    }

    /// A number of bytes from a place in the file.
    mutating func bytes(at offset: UInt64, count: Int, _ what: String) throws(ELFFile.Failure) -> [UInt8] {
        let (end, overflow) = offset.addingReportingOverflow(UInt64(count))
        guard !overflow, end <= size else { throw .damaged("\(what) would lie outside of it") }
        if offset < windowStart || end > windowStart + UInt64(window.count) {
            // Whole pages, so that what lies side by side is read once.
            windowStart = offset & ~4095
            window = try load(at: windowStart, count: max(Int(end - windowStart), 4096))
            guard end <= windowStart + UInt64(window.count) else { throw .damaged("it was cut while it was read") }
        }
        let first = Int(offset - windowStart)
        return Array(window[first..<(first + count)])
    }

    /// The text from a place up to a NUL, which must come within `limit` bytes and 4096.
    mutating func text(at offset: UInt64, limit: UInt64, _ what: String) throws(ELFFile.Failure) -> String {
        guard offset < size else { throw .damaged("\(what) would lie outside of it") }
        let most = min(limit, size - offset, 4096)
        // Most names are short: look at a few bytes before the most that there may be.
        for count in [min(most, 128), most] {
            let text = try bytes(at: offset, count: Int(count), what)
            guard let end = text.firstIndex(of: 0) else { continue }
            guard let string = String(validating: text[..<end], as: UTF8.self) else {
                throw .damaged("\(what) is not UTF-8")
            }
            return string
        }
        throw .damaged("\(what) does not end")
    }

    /// The 16-bit number at a place.
    mutating func number16(at offset: UInt64) throws(ELFFile.Failure) -> UInt16 {
        let two = try bytes(at: offset, count: 2, "its header")
        return UInt16(two[0]) | UInt16(two[1]) << 8
    }

    /// The 64-bit number at a place.
    mutating func number64(at offset: UInt64) throws(ELFFile.Failure) -> UInt64 {
        try bytes(at: offset, count: 8, "its header").littleEndian64(at: 0)
    }

    private func load(at offset: UInt64, count: Int) throws(ELFFile.Failure) -> [UInt8] {
        switch source {
        case .memory(let bytes):
            return Array(bytes[Int(offset)..<min(Int(offset) + count, bytes.count)])
        case .file(let file):
            do throws(SystemCallError) {
                return try file.descriptor.read(at: offset, upTo: count)
            } catch {
                throw ELFFile.Failure("cannot be read: \(error.errno)")
            }
        }
    }
}

extension [UInt8] {
    /// The 32-bit number at an index, which must be in bounds.
    func littleEndian32(at index: Int) -> UInt32 {
        withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: index, as: UInt32.self)) }
    }

    /// The 64-bit number at an index, which must be in bounds.
    func littleEndian64(at index: Int) -> UInt64 {
        withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: index, as: UInt64.self)) }
    }
}
