internal import LinuxSystem

/// A weight of cgroup v2 for shares of cgroup v1, which bundles still count in.
///
/// Shares go from 2 to 262144 around 1024, weights from 1 to 10000 around 100. runc and crun fit a curve through the
/// three points that must meet: a straight line would give 1024 shares, the usual, the weight 39.
struct CPUWeight: Equatable {
    /// 1 to 10000.
    let weight: Int

    /// The weight of so many shares; what lies beyond the ends counts as the end.
    init(shares: UInt64) {
        if shares <= 2 {
            weight = 1
        } else if shares >= 262_144 {
            weight = 10_000
        } else {
            let exponent = binaryLogarithm(Double(shares))
            let power = (exponent * exponent + 125 * exponent) / 612 - 7.0 / 34
            weight = Int(powerOfTen(power).rounded(.up))
        }
    }
}
