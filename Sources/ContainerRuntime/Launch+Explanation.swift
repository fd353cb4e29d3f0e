internal import LinuxSystem

extension Launch {
    /// Names the cause of a failure of init that only the host knows: what a container around refuses; and where AppArmor
    /// takes the capabilities in new user namespaces away, the namespace is made, and what needs the first of them fails.
    func explained(_ message: String) -> String {
        if let refusal = OuterRefusal.behind(message) {
            let isSandbox = plan.annotations.executablePaths != nil && staysAttached
            return "\(message): \(refusal.remedy)" + (isSandbox ? "; or do without: --allow-degraded" : "")
        }
        if message.hasPrefix("loopback: "), message.hasSuffix("\(Errno.notPermitted)") {
            return "\(message): the container around holds CAP_NET_ADMIN back: --cap-add NET_ADMIN (docker, podman)"
        }
        guard plan.newNamespaces.contains(.user),
            message.hasSuffix("\(Errno.notPermitted)") || message.hasSuffix("\(Errno.permissionDenied)"),
            UserNamespaceObstacle.isRestrictedByAppArmor
        else { return message }
        return "\(message): \(UserNamespaceObstacle.appArmorCause); \(UserNamespaceObstacle.appArmorRemedy)"
    }
}
