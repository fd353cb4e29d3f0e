internal import CLinux
internal import Glibc

/// One instruction of the kernel's virtual machine (Documentation/bpf/standardization/instruction-set.rst).
public struct BPFInstruction: Equatable, Sendable {
    /// What it does.
    public var code: UInt8
    /// The register it works on, in the low four bits, and the one it reads, in the high ones.
    public var registers: UInt8
    /// How far it jumps, in instructions after the next one; or the offset in memory.
    public var offset: Int16
    /// The number it works with.
    public var immediate: Int32

    /// An instruction.
    ///
    /// - Parameters:
    ///   - code: What it does.
    ///   - destination: The register it works on.
    ///   - source: The register it reads.
    ///   - offset: How far it jumps, or the offset in memory.
    ///   - immediate: The number it works with.
    public init(_ code: UInt8, _ destination: UInt8 = 0, source: UInt8 = 0, offset: Int16 = 0, immediate: Int32 = 0) {
        self.code = code
        registers = source << 4 | destination
        self.offset = offset
        self.immediate = immediate
    }
}

/// A program that decides on devices for the processes of a control group (bpf(2), BPF_PROG_TYPE_CGROUP_DEVICE).
///
/// Every program of a group and of the groups above it is asked; what one of them denies is denied.
public struct DeviceProgram: Sendable {
    /// The name by which the kernel shows a program, and by which it is found again; at most 15 bytes.
    public static let name = "agentrt_devices"

    private let box: FileDescriptorBox

    /// Hands a program to the kernel, which checks it.
    ///
    /// - Parameter instructions: The program.
    /// - Throws: ``SystemCallError``; EPERM without the right, EINVAL where the kernel has no such programs.
    public init(_ instructions: [BPFInstruction]) throws(SystemCallError) {
        box = FileDescriptorBox(try Self.load(instructions))
    }

    /// Puts the program in force for a group and all below it, in place of one of the same name, in one step.
    ///
    /// - Parameters:
    ///   - group: The group's directory.
    ///   - isNew: Whether the group is known to have no program yet.
    /// - Throws: ``SystemCallError``.
    public func attach(to group: borrowing FileDescriptor, isNew: Bool) throws(SystemCallError) {
        let number = box.descriptor.rawValue
        // BPF_F_ALLOW_MULTI, BPF_F_REPLACE.
        if !isNew, let present = try Self.find(in: group) {
            try Self.control(
                8, [group.rawValue, number, Self.attachType, 2 | 4, present.rawValue], "BPF_PROG_ATTACH")
        } else {
            try Self.control(8, [group.rawValue, number, Self.attachType, 2, 0], "BPF_PROG_ATTACH")
        }
    }

    /// Takes the program of our name off a group; one that has none stays as it is.
    ///
    /// - Parameter group: The group's directory.
    /// - Throws: ``SystemCallError``.
    public static func detach(from group: borrowing FileDescriptor) throws(SystemCallError) {
        guard let present = try find(in: group) else { return }
        try control(9, [group.rawValue, present.rawValue, attachType, 0], "BPF_PROG_DETACH")
    }

    /// BPF_CGROUP_DEVICE.
    private static let attachType: Int32 = 6

    private static func load(_ instructions: [BPFInstruction]) throws(SystemCallError) -> FileDescriptor {
        let license = Array("Apache-2.0\0".utf8)
        let result = instructions.withUnsafeBytes { instructions in
            license.withUnsafeBytes { license in
                var attributes = [UInt8](repeating: 0, count: 72)
                attributes.withUnsafeMutableBytes { bytes in
                    bytes.storeBytes(of: 15, toByteOffset: 0, as: UInt32.self)  // BPF_PROG_TYPE_CGROUP_DEVICE
                    bytes.storeBytes(of: UInt32(instructions.count / 8), toByteOffset: 4, as: UInt32.self)
                    bytes.storeBytes(of: word(instructions.baseAddress), toByteOffset: 8, as: Int.self)
                    bytes.storeBytes(of: word(license.baseAddress), toByteOffset: 16, as: Int.self)
                    bytes[48..<(48 + name.utf8.count)].copyBytes(from: name.utf8)
                    bytes.storeBytes(of: attachType, toByteOffset: 68, as: Int32.self)
                }
                return call(5, &attributes)
            }
        }
        return FileDescriptor(owning: Int32(try checked("bpf", object: "BPF_PROG_LOAD") { result }))
    }

    /// The program of our name that is attached to a group itself.
    private static func find(in group: borrowing FileDescriptor) throws(SystemCallError) -> FileDescriptor? {
        let number = group.rawValue
        // The kernel takes no more than 64 programs a group (BPF_CGROUP_MAX_PROGS).
        var ids = [UInt32](repeating: 0, count: 64)
        var count: UInt32 = 0
        let result = ids.withUnsafeMutableBytes { ids in
            var attributes = [UInt8](repeating: 0, count: 32)
            attributes.withUnsafeMutableBytes { bytes in
                bytes.storeBytes(of: number, toByteOffset: 0, as: Int32.self)
                bytes.storeBytes(of: attachType, toByteOffset: 4, as: Int32.self)
                bytes.storeBytes(of: word(ids.baseAddress), toByteOffset: 16, as: Int.self)
                bytes.storeBytes(of: 64, toByteOffset: 24, as: UInt32.self)
            }
            let result = call(16, &attributes)
            count = attributes.withUnsafeBytes { $0.load(fromByteOffset: 24, as: UInt32.self) }
            return result
        }
        try checked("bpf", object: "BPF_PROG_QUERY") { result }
        for id in ids.prefix(Int(min(count, 64))) {
            let program = FileDescriptor(
                owning: Int32(try control(13, [Int32(bitPattern: id), 0, 0], "BPF_PROG_GET_FD_BY_ID")))
            if try hasOurName(program) { return program }
        }
        return nil
    }

    private static func hasOurName(_ program: borrowing FileDescriptor) throws(SystemCallError) -> Bool {
        let number = program.rawValue
        var info = [UInt8](repeating: 0, count: 80)  // struct bpf_prog_info up to its name
        let result = info.withUnsafeMutableBytes { info in
            var attributes = [UInt8](repeating: 0, count: 16)
            attributes.withUnsafeMutableBytes { bytes in
                bytes.storeBytes(of: number, toByteOffset: 0, as: Int32.self)
                bytes.storeBytes(of: UInt32(info.count), toByteOffset: 4, as: UInt32.self)
                bytes.storeBytes(of: word(info.baseAddress), toByteOffset: 8, as: Int.self)
            }
            return call(15, &attributes)
        }
        try checked("bpf", object: "BPF_OBJ_GET_INFO_BY_FD") { result }
        return info[64...].prefix { $0 != 0 }.elementsEqual(name.utf8)
    }

    /// A command whose attributes are 32-bit words.
    @discardableResult
    private static func control(
        _ command: Int, _ words: [Int32], _ name: StaticString
    ) throws(SystemCallError) -> Int {
        var attributes = words.withUnsafeBytes { Array($0) }
        let result = call(command, &attributes)
        return try checked("bpf", object: "\(name)") { result }
    }

    private static func call(_ command: Int, _ attributes: inout [UInt8]) -> Int {
        attributes.withUnsafeMutableBytes { attributes in
            linux_syscall(Int(LINUX_SYS_bpf), command, word(attributes.baseAddress), attributes.count, 0, 0, 0)
        }
    }
}
