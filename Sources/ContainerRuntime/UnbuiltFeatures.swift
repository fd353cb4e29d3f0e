internal import LinuxSystem
internal import OCISpec

/// Refuses, by name, what a bundle asks for and this version cannot do. Nothing that is asked for is ever passed over.
///
/// - Parameter spec: The bundle's configuration.
/// - Throws: ``RuntimeError`` with the JSON path.
func refuseWhatIsNotBuilt(_ spec: Spec) throws(RuntimeError) {
    func refuse(_ isAsked: Bool, _ path: String, _ what: String) throws(RuntimeError) {
        if isAsked { throw RuntimeError("\(path): \(what) not supported yet") }
    }
    if let process = spec.process {
        try refuse(process.apparmorProfile?.isEmpty == false, "process.apparmorProfile", "AppArmor is")
        try refuse(process.selinuxLabel?.isEmpty == false, "process.selinuxLabel", "SELinux is")
        try refuse(process.scheduler != nil, "process.scheduler", "scheduling policies are")
        try refuse(process.ioPriority != nil, "process.ioPriority", "I/O priorities are")
        try refuse(process.execCPUAffinity != nil, "process.execCPUAffinity", "CPU affinities are")
    }
    guard let linux = spec.linux else { return }
    try refuse(linux.mountLabel?.isEmpty == false, "linux.mountLabel", "SELinux is")
    try refuse(linux.intelRdt != nil, "linux.intelRdt", "Intel RDT is")
    try refuse(linux.memoryPolicy != nil, "linux.memoryPolicy", "memory policies are")
    try refuse(!linux.netDevices.isEmpty, "linux.netDevices", "moving network devices is")
    if let seccomp = linux.seccomp {
        let notifies = seccomp.defaultAction == .notify || seccomp.syscalls.contains { $0.action == .notify }
        try refuse(notifies || seccomp.listenerPath != nil, "linux.seccomp", "seccomp notification is")
    }
}
