internal import LinuxSystem

/// The host's files that programs need to use its network: names, certificates, time zone. Only read, never copied: a
/// change of the host's resolver reaches a sandbox that runs.
enum NetworkFiles {
    /// Files and directories, as far as they are there. No directory with private keys is among them.
    private static let paths = [
        "/etc/services", "/etc/protocols", "/etc/localtime", "/usr/share/zoneinfo",
        // Debian, Alpine, Arch; the certificates are links into the second and third.
        "/etc/ssl/certs", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/etc/ssl/cert.pem",
        "/etc/ssl/openssl.cnf", "/etc/ca-certificates/extracted",
        // Where Debian's libssl looks.
        "/usr/lib/ssl/certs", "/usr/lib/ssl/cert.pem", "/usr/lib/ssl/openssl.cnf",
        // Fedora.
        "/etc/pki/tls/certs", "/etc/pki/tls/cert.pem", "/etc/pki/tls/openssl.cnf", "/etc/pki/ca-trust/extracted",
        "/etc/crypto-policies/back-ends", "/usr/share/crypto-policies/back-ends",
    ]

    /// What says how names are looked up on the host; of a network by name the gate reads it, and the sandbox does not.
    private static let namePaths = ["/etc/resolv.conf", "/etc/hosts"]

    /// Adds the files to an inventory.
    static func add(
        to inventory: inout Inventory, namesAreTheHosts: Bool, files: HostFiles
    ) throws(PlanError) {
        for path in (namesAreTheHosts ? namePaths : []) + paths {
            guard let resolved = try files.resolve(path) else { continue }
            let isDirectory = resolved.status.kind == .directory
            guard isDirectory || resolved.status.kind == .regular else { continue }
            inventory.add(resolved.links)
            inventory.add(resolved.path, isDirectory: isDirectory, origin: "network", reason: "for the network")
        }
    }
}
