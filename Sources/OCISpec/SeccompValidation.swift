internal import JSON

extension Seccomp: Validatable {
    func validate() throws(JSONDecodingError) {
        try checkErrno("defaultErrnoRet", defaultErrnoRet, defaultAction)
        if defaultAction == .notify {
            throw refusal("defaultAction", "SCMP_ACT_NOTIFY would stop the very call that hands the listener over")
        }
        try checkText("listenerPath", listenerPath)
        try checkText("listenerMetadata", listenerMetadata)
        if listenerMetadata != nil, listenerPath == nil {
            throw refusal("listenerMetadata", "is given without listenerPath")
        }
        for (index, rule) in syscalls.enumerated() {
            if rule.action == .notify, listenerPath == nil {
                throw refusal("listenerPath", "is missing, though syscalls[\(index)] has SCMP_ACT_NOTIFY")
            }
        }
        try syscalls.validate(as: "syscalls")
    }
}

extension SeccompRule: Validatable {
    func validate() throws(JSONDecodingError) {
        if names.isEmpty { throw refusal("names", "is empty") }
        try checkTexts("names", names)
        if let index = names.firstIndex(of: "") { throw refusal("names[\(index)]", "is empty") }
        try checkErrno("errnoRet", errnoRet, action)
        for (index, argument) in args.enumerated() where argument.index > 5 {
            throw refusal("args[\(index)].index", "\(argument.index) is above 5: a system call has six arguments")
        }
    }
}

/// Checks that an errno goes with its action, and that the kernel takes it: it cuts errnos off at 4095 and hands
/// tracers 16 bits.
private func checkErrno(
    _ key: String, _ value: UInt32?, _ action: SeccompAction
) throws(JSONDecodingError) {
    guard let value else { return }
    let maximum: UInt32
    switch action {
    case .errno: maximum = 4095
    case .trace: maximum = 65535
    case .kill, .killProcess, .killThread, .trap, .allow, .log, .notify:
        throw refusal(key, "does not go with \(action.rawValue)")
    }
    if value > maximum { throw refusal(key, "\(value) is above \(maximum)") }
}
