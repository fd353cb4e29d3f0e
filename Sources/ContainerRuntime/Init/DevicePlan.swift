internal import LinuxSystem
internal import OCISpec

/// A device node of the container.
struct DevicePlan: Equatable {
    let path: String
    let kind: FileStatus.Kind
    let device: DeviceNumber
    let permissions: UInt32
    let uid: UInt32
    let gid: UInt32
    /// Where the bundle says so; empty for a node that every container has.
    let origin: String

    /// The nodes that every container has (runtime-spec config-linux.md, Default Devices).
    static let defaults: [DevicePlan] = [
        ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
    ].map { name, major, minor in
        DevicePlan(
            path: "/dev/" + name, kind: .characterDevice, device: DeviceNumber(major: major, minor: minor),
            permissions: 0o666, uid: 0, gid: 0, origin: "")
    }

    /// Decides the nodes: those of the bundle, and the default ones that it does not name itself.
    static func all(_ devices: [LinuxDevice]) throws(RuntimeError) -> [DevicePlan] {
        var plans: [DevicePlan] = []
        for (index, device) in devices.enumerated() {
            let origin = "linux.devices[\(index)]"
            let kind: FileStatus.Kind =
                switch device.type {
                case .block: .blockDevice
                case .character, .unbuffered: .characterDevice
                case .fifo: .fifo
                }
            var number = DeviceNumber(major: 0, minor: 0)
            if kind != .fifo {
                guard let major = device.major.flatMap({ UInt32(exactly: $0) }),
                    let minor = device.minor.flatMap({ UInt32(exactly: $0) })
                else { throw RuntimeError("\(origin): major and minor are missing or out of range") }
                number = DeviceNumber(major: major, minor: minor)
            }
            plans.append(
                DevicePlan(
                    path: device.path, kind: kind, device: number, permissions: (device.fileMode ?? 0o666) & 0o7777,
                    uid: device.uid ?? 0, gid: device.gid ?? 0, origin: origin))
        }
        return plans + defaults.filter { standard in !plans.contains { $0.path == standard.path } }
    }
}
