internal import Glibc

/// The logarithm to the base 2 (log2(3)).
///
/// - Parameter value: Above 0.
/// - Returns: The logarithm.
public func binaryLogarithm(_ value: Double) -> Double { log2(value) }

/// A power of ten (pow(3)).
///
/// - Parameter exponent: The exponent.
/// - Returns: Ten to that power.
public func powerOfTen(_ exponent: Double) -> Double { pow(10, exponent) }
