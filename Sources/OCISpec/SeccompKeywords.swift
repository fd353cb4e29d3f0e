/// What a filter does with a system call (config-linux.md, Seccomp; seccomp(2)).
public enum SeccompAction: String, Keyword {
    /// Kills the thread; the older name of ``killThread``.
    case kill = "SCMP_ACT_KILL"
    /// Kills the process.
    case killProcess = "SCMP_ACT_KILL_PROCESS"
    /// Kills the thread.
    case killThread = "SCMP_ACT_KILL_THREAD"
    /// Sends `SIGSYS`.
    case trap = "SCMP_ACT_TRAP"
    /// Fails the call with an errno.
    case errno = "SCMP_ACT_ERRNO"
    /// Asks the tracer; without one the call fails with `ENOSYS`.
    case trace = "SCMP_ACT_TRACE"
    /// Lets the call through.
    case allow = "SCMP_ACT_ALLOW"
    /// Lets the call through and logs it.
    case log = "SCMP_ACT_LOG"
    /// Asks the process behind the listener socket.
    case notify = "SCMP_ACT_NOTIFY"

    /// What the words stand for.
    public static var kind: String { "seccomp action" }
}

/// How an argument is compared, as an unsigned 64-bit number.
public enum SeccompOperator: String, Keyword {
    /// Not equal.
    case notEqual = "SCMP_CMP_NE"
    /// Less than.
    case lessThan = "SCMP_CMP_LT"
    /// Less than or equal.
    case lessOrEqual = "SCMP_CMP_LE"
    /// Equal.
    case equal = "SCMP_CMP_EQ"
    /// Greater than or equal.
    case greaterOrEqual = "SCMP_CMP_GE"
    /// Greater than.
    case greaterThan = "SCMP_CMP_GT"
    /// Equal after a mask is applied.
    case maskedEqual = "SCMP_CMP_MASKED_EQ"

    /// What the words stand for.
    public static var kind: String { "seccomp operator" }
}

/// How a filter is installed.
public enum SeccompFlag: String, Keyword {
    /// Every action but `allow` is logged.
    case log = "SECCOMP_FILTER_FLAG_LOG"
    /// The speculative store bypass mitigation stays off.
    case specAllow = "SECCOMP_FILTER_FLAG_SPEC_ALLOW"
    /// A call that a listener has taken up is interrupted only by fatal signals.
    case waitKillableRecv = "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"
    /// The filter goes to all threads; a container's process has one, so it changes nothing.
    case tsync = "SECCOMP_FILTER_FLAG_TSYNC"

    /// What the words stand for.
    public static var kind: String { "seccomp flag" }
}

/// An architecture, by libseccomp's name for it.
public enum SeccompArchitecture: String, Keyword {
    /// 32-bit x86.
    case x86 = "SCMP_ARCH_X86"
    /// 64-bit x86.
    case x86_64 = "SCMP_ARCH_X86_64"
    /// 64-bit x86 with 32-bit pointers.
    case x32 = "SCMP_ARCH_X32"
    /// 32-bit Arm.
    case arm = "SCMP_ARCH_ARM"
    /// 64-bit Arm.
    case aarch64 = "SCMP_ARCH_AARCH64"
    /// 32-bit MIPS, big-endian.
    case mips = "SCMP_ARCH_MIPS"
    /// 64-bit MIPS, big-endian.
    case mips64 = "SCMP_ARCH_MIPS64"
    /// 64-bit MIPS with 32-bit pointers, big-endian.
    case mips64n32 = "SCMP_ARCH_MIPS64N32"
    /// 32-bit MIPS, little-endian.
    case mipsel = "SCMP_ARCH_MIPSEL"
    /// 64-bit MIPS, little-endian.
    case mipsel64 = "SCMP_ARCH_MIPSEL64"
    /// 64-bit MIPS with 32-bit pointers, little-endian.
    case mipsel64n32 = "SCMP_ARCH_MIPSEL64N32"
    /// 32-bit PowerPC.
    case ppc = "SCMP_ARCH_PPC"
    /// 64-bit PowerPC, big-endian.
    case ppc64 = "SCMP_ARCH_PPC64"
    /// 64-bit PowerPC, little-endian.
    case ppc64le = "SCMP_ARCH_PPC64LE"
    /// 31-bit S/390.
    case s390 = "SCMP_ARCH_S390"
    /// 64-bit S/390.
    case s390x = "SCMP_ARCH_S390X"
    /// 32-bit PA-RISC.
    case parisc = "SCMP_ARCH_PARISC"
    /// 64-bit PA-RISC.
    case parisc64 = "SCMP_ARCH_PARISC64"
    /// 64-bit RISC-V.
    case riscv64 = "SCMP_ARCH_RISCV64"
    /// 64-bit LoongArch.
    case loongarch64 = "SCMP_ARCH_LOONGARCH64"
    /// Motorola 68000.
    case m68k = "SCMP_ARCH_M68K"
    /// SuperH, little-endian.
    case sh = "SCMP_ARCH_SH"
    /// SuperH, big-endian.
    case sheb = "SCMP_ARCH_SHEB"

    /// What the words stand for.
    public static var kind: String { "seccomp architecture" }
}
