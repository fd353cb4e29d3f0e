extension FixedWidthInteger {
    /// A number from what a person wrote: decimal digits alone, where `Int("+15")` would take a sign as well.
    ///
    /// - Parameter text: The digits.
    public init?(digits text: some StringProtocol) {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        self.init(text, radix: 10)
    }
}
