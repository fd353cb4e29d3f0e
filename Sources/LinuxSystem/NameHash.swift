/// A short file name for a long key (FNV-1a, 64 bits).
///
/// It is no digest: whoever finds a file by it must compare the whole key, which the file has to hold.
///
/// - Parameter key: The key.
/// - Returns: Up to 16 hexadecimal digits.
public func nameHash(of key: [UInt8]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in key { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
}
