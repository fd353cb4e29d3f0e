internal import CLinux
internal import Glibc

/// Which of the two processes returned from ``cloneProcess(_:intoCgroup:asSibling:)``.
public enum CloneResult {
    /// This is the new process. It must end in an exec or in ``endProcess(_:)``; it never returns to a caller's caller.
    case child
    /// This is the process that called; the new one by id and handle.
    case parent(pid: Int32, process: ProcessHandle)
}

/// Makes a process that goes on from here (clone3(2)).
///
/// Only for a process with one thread: the child has no other, and whatever lock another thread held stays held.
///
/// - Parameters:
///   - namespaces: Namespaces that are new for the child.
///   - cgroup: The directory of the control group (v2) that the child is born in; nil for this process's own.
///   - isSibling: Whether the child becomes a child of this process's parent (CLONE_PARENT).
/// - Returns: Which process this is.
/// - Throws: ``SystemCallError`` in the parent.
public func cloneProcess(
    _ namespaces: NamespaceSet, intoCgroup cgroup: FileDescriptorBox? = nil, asSibling isSibling: Bool = false
) throws(SystemCallError) -> CloneResult {
    let cgroupNumber = cgroup?.descriptor.rawValue
    var pidfd: Int32 = -1
    let result = withUnsafeMutablePointer(to: &pidfd) { pidfd in
        // struct clone_args of linux/sched.h (version 2, 88 bytes).
        var arguments:
            (
                flags: UInt64, pidfd: UInt64, childTID: UInt64, parentTID: UInt64, exitSignal: UInt64, stack: UInt64,
                stackSize: UInt64, tls: UInt64, setTID: UInt64, setTIDSize: UInt64, cgroup: UInt64
            ) = (
                namespaces.rawValue | 0x1000 /* CLONE_PIDFD */ | (isSibling ? 0x8000 : 0)
                    | (cgroupNumber == nil ? 0 : 0x2_0000_0000) /* CLONE_INTO_CGROUP */,
                UInt64(UInt(bitPattern: pidfd)), 0, 0, isSibling ? 0 : UInt64(SIGCHLD), 0, 0, 0, 0, 0,
                UInt64(cgroupNumber ?? 0)
            )
        return linux_clone3(&arguments, 88)
    }
    if result == 0 { return .child }
    let pid = Int32(try checked("clone3") { result })
    return .parent(pid: pid, process: ProcessHandle(FileDescriptorBox(FileDescriptor(owning: pidfd))))
}

/// Ends this process at once, without buffers or exit handlers (exit_group(2)).
///
/// - Parameter status: The exit status, 0 to 255.
public func endProcess(_ status: Int32) -> Never { _exit(status) }

/// Replaces this process by a program (execve(2)). Argument and environment blocks are made ahead of time.
///
/// - Parameters:
///   - path: The program, as a C string.
///   - arguments: The argument block.
///   - environment: The environment block.
/// - Returns: Only when it failed: why.
public func execute(
    _ path: CStringBlock, _ arguments: CStringBlock, _ environment: CStringBlock
) -> Errno {
    let result = linux_syscall(
        Int(LINUX_SYS_execve), word(path.first), word(arguments.pointer), word(environment.pointer), 0, 0, 0)
    return Errno(rawValue: Int32(-result))
}

/// Strings as execve(2) wants them: a block of pointers that ends with a null one. Kept until the process ends.
public struct CStringBlock: @unchecked Sendable {
    /// The pointers.
    let pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    /// The first string.
    var first: UnsafeMutablePointer<CChar>? { pointer[0] }

    /// Copies the strings.
    ///
    /// - Parameter strings: Texts without NUL.
    public init(_ strings: [String]) {
        pointer = .allocate(capacity: strings.count + 1)
        for (index, string) in strings.enumerated() { pointer[index] = strdup(string) }
        pointer[strings.count] = nil
    }
}
