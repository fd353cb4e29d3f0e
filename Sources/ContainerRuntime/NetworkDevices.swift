internal import LinuxSystem
internal import OCISpec

/// Network devices of the host that go into the container (runtime-spec config-linux.md, Network Devices).
///
/// The runtime moves them while the container's first process waits: with their lasting addresses, which the kernel
/// takes from a device that moves, and up. When the namespace ends, the kernel gives hardware back to the host.
struct NetworkDevices {
    private let devices: [Move]

    /// Whether there are none.
    var isEmpty: Bool { devices.isEmpty }

    private struct Move {
        let name: String
        let newName: String
        let origin: String
    }

    init(_ devices: [String: LinuxNetDevice]) {
        self.devices = devices.sorted { $0.key < $1.key }.map { name, device in
            Move(name: name, newName: device.name ?? name, origin: "linux.netDevices.\(name)")
        }
    }

    /// Moves all of them.
    ///
    /// - Parameter pid: A process of the container.
    /// - Throws: ``RuntimeError`` naming the device.
    func move(to pid: Int32) throws(RuntimeError) {
        if devices.isEmpty { return }
        let (own, target) = try during("linux.netDevices") { () throws(SystemCallError) in
            (
                FileDescriptorBox(try openFile("/proc/self/ns/net", .readOnly)),
                FileDescriptorBox(try openFile("/proc/\(pid)/ns/net", .readOnly))
            )
        }
        for device in devices {
            do throws(SystemCallError) {
                try move(device, from: own.descriptor, to: target.descriptor)
            } catch  where error.errno == .notPermitted {
                throw RuntimeError("\(device.origin): \(error): moving a device takes CAP_NET_ADMIN on both sides")
            } catch {
                throw RuntimeError("\(device.origin): \(error)")
            }
        }
    }

    private func move(
        _ device: Move, from own: borrowing FileDescriptor, to target: borrowing FileDescriptor
    ) throws(SystemCallError) {
        guard let here = try NetworkDevice.named(device.name) else {
            throw SystemCallError(call: "network device", object: quoted(device.name), errno: .noDevice)
        }
        let addresses = try here.lastingAddresses()
        let name = try inside(target, backTo: own) { () throws(SystemCallError) in try free(device.newName) }
        try here.move(to: target, name: name)
        try inside(target, backTo: own) { () throws(SystemCallError) in
            guard let there = try NetworkDevice.named(name) else {
                throw SystemCallError(call: "network device", object: quoted(name), errno: .noDevice)
            }
            for address in addresses { try there.add(address) }
            try there.bringUp()
        }
    }

    /// The name itself; of one that ends in `%d`, the first that no device of this namespace has.
    private func free(_ name: String) throws(SystemCallError) -> String {
        guard name.hasSuffix("%d") else { return name }
        var number = 0
        while try NetworkDevice.named(name.dropLast(2) + "\(number)") != nil { number += 1 }
        return name.dropLast(2) + "\(number)"
    }

    /// Does something in another network namespace. This process has one thread, and is back whatever happens, or fails.
    private func inside<Result>(
        _ namespace: borrowing FileDescriptor, backTo own: borrowing FileDescriptor,
        _ body: () throws(SystemCallError) -> Result
    ) throws(SystemCallError) -> Result {
        try namespace.joinNamespace(.network)
        let result: Result
        do throws(SystemCallError) {
            result = try body()
        } catch {
            try own.joinNamespace(.network)
            throw error
        }
        try own.joinNamespace(.network)
        return result
    }
}
