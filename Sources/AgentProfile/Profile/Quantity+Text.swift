extension Quantity {
    /// Bytes in the largest unit that fits without a rest: `512MiB`.
    ///
    /// - Parameter bytes: How many.
    /// - Returns: The text, as a profile may have it.
    public static func memoryText(_ bytes: UInt64) -> String {
        for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] where bytes % (1 << shift) == 0 {
            return "\(bytes >> shift)\(unit)"
        }
        return "\(bytes)B"
    }

    /// Milliseconds as seconds: `1.5s`.
    ///
    /// - Parameter milliseconds: How many.
    /// - Returns: The text, as a profile may have it.
    public static func timeText(_ milliseconds: UInt64) -> String { thousandthsText(milliseconds) + "s" }

    /// Thousandths as a number: 1500 as `1.5`.
    static func thousandthsText(_ number: UInt64) -> String {
        var fraction = String(1000 + number % 1000).dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        return "\(number / 1000)" + (fraction.isEmpty ? "" : "." + fraction)
    }
}
