/// What a program or a library needs beyond what its ELF file says: files it reads, modules it loads while it runs, and
/// private helper programs it lives by.
///
/// Paths may hold `{match}` (what the last `*` of the name stood for; `*` where that is nothing), `{directory}` (where the file is), `{prefix}`
/// (the directory above that) and `*` within a component. What does not exist is left out.
struct HelperRule {
    /// File names this rule is for, without links; `*` stands for any text.
    let names: [String]
    /// Files and directories to read.
    var readable: [String] = []
    /// Directory trees to read, whose shared objects are loaded while the program runs.
    var modules: [String] = []
    /// Directories of shared objects that are loaded while the program runs, and need nothing but each other and what the
    /// program has loaded anyway.
    var plugins: [String] = []
    /// Libraries that are opened by name while the program runs.
    var libraries: [String] = []
    /// Programs that the program starts itself; each with what it loads.
    var executables: [String] = []
    /// Directories of such programs; what these load is not looked into.
    var executableDirectories: [String] = []
    /// Whether the rule counts only where there is a network.
    var needsNetwork = false
}

extension HelperRule {
    /// The rules for libraries, by the name of their file.
    static let forLibraries: [HelperRule] = [
        HelperRule(
            names: ["libc.so.6", "libc-2.*"],
            readable: ["/usr/lib/locale"], plugins: ["{directory}/gconv"],
            // The thread library opens the first by name when a thread is cancelled; before glibc 2.34 the second held
            // the readers of passwd and group.
            libraries: ["libgcc_s.so.1", "libnss_files.so.2"]),
        HelperRule(names: ["libc.so.6", "libc-2.*"], libraries: ["libnss_dns.so.2"], needsNetwork: true),
        HelperRule(names: ["libcrypto.so.3"], plugins: ["{directory}/ossl-modules"]),
        HelperRule(names: ["libcrypto.so.1.1"], plugins: ["{directory}/engines-1.1"]),
        HelperRule(
            names: ["libtinfo.so.*", "libncurses.so.*", "libncursesw.so.*"],
            readable: ["/etc/terminfo", "/usr/lib/terminfo", "/usr/share/terminfo", "/lib/terminfo"]),
        HelperRule(names: ["libmagic.so.*"], readable: ["/usr/share/misc/magic.mgc", "/usr/lib/file", "/etc/magic"]),
        HelperRule(names: ["libtcl*.so*"], readable: ["/usr/share/tcltk", "/usr/lib/tcltk"]),
        HelperRule(names: ["libkrb5.so.*"], readable: ["/etc/krb5.conf"], needsNetwork: true),
    ]

    /// The rules for interpreters: their own libraries, without which they do nothing.
    static let forInterpreters: [HelperRule] = [
        HelperRule(
            names: ["python*"],
            readable: ["{prefix}/lib/python{match}", "{prefix}/lib/python{match}.zip", "/etc/python{match}"],
            modules: [
                "{prefix}/lib/python{match}/lib-dynload", "{prefix}/lib/python{match}/site-packages",
                "{prefix}/lib/python{match}/dist-packages", "{prefix}/lib64/python{match}",
                "/usr/local/lib/python{match}/dist-packages",
            ]),
        HelperRule(names: ["python3*"], modules: ["{prefix}/lib/python3/dist-packages"]),
        HelperRule(
            names: ["perl", "perl5*"],
            readable: [
                "/etc/perl", "/usr/share/perl", "/usr/share/perl5", "/usr/local/share/perl", "{prefix}/lib/perl5",
            ],
            modules: [
                "/usr/lib/*/perl-base", "/usr/lib/*/perl", "/usr/lib/*/perl5", "/usr/local/lib/*/perl",
                "/usr/lib64/perl5",
            ]),
        HelperRule(names: ["node", "nodejs"], readable: ["{prefix}/lib/node_modules", "/usr/share/nodejs"]),
        HelperRule(
            names: ["ruby*"], readable: ["/usr/share/rubygems-integration", "/usr/share/ruby-vendor"],
            modules: ["{prefix}/lib/ruby", "/usr/lib/*/ruby", "/var/lib/gems", "/usr/lib64/ruby"]),
        HelperRule(names: ["tclsh*", "wish*", "expect"], modules: ["/usr/lib/tcltk", "{prefix}/lib/tcl8*"]),
        HelperRule(
            names: ["lua*"], readable: ["/usr/share/lua", "/usr/local/share/lua"],
            modules: ["/usr/lib/*/lua", "/usr/local/lib/lua"]),
        HelperRule(names: ["gawk", "gawk-*"], readable: ["/usr/share/awk"], modules: ["/usr/lib/*/gawk"]),
        HelperRule(
            names: ["java", "javac", "jar", "javap", "javadoc", "jshell", "keytool"],
            readable: ["{prefix}", "/etc/java-*-openjdk"], modules: ["{prefix}/lib"]),
        HelperRule(names: ["vim", "vim.*", "vi"], readable: ["/usr/share/vim", "/etc/vim"]),
        HelperRule(names: ["cmake", "ctest", "cpack"], readable: ["/usr/share/cmake*", "{prefix}/share/cmake*"]),
        HelperRule(names: ["ssh", "scp", "sftp"], readable: ["/etc/ssh/ssh_config", "/etc/ssh/ssh_config.d"]),
    ]

    /// The rules for programs that start private helpers; the policy can turn these off.
    static let forHelpers: [HelperRule] = [
        HelperRule(
            names: ["git"], readable: ["/usr/share/git-core", "/etc/gitconfig"],
            executableDirectories: ["{prefix}/lib/git-core", "{prefix}/libexec/git-core"]),
        HelperRule(
            names: ["git"],
            executables: ["{prefix}/lib/git-core/git-remote-http", "{prefix}/libexec/git-core/git-remote-http"],
            needsNetwork: true),
        HelperRule(
            names: ["*-gcc-*", "*-g++-*", "gcc-*", "g++-*", "gcc", "g++", "cc", "c++"],
            readable: [
                "/usr/include", "/usr/local/include", "/usr/lib/gcc/*/{match}", "/usr/lib/*-linux-gnu",
                "/usr/local/lib", "/usr/lib64",
            ],
            libraries: ["/usr/lib/gcc/*/{match}/liblto_plugin.so", "/usr/libexec/gcc/*/{match}/liblto_plugin.so"],
            executables: [
                "/usr/bin/as", "/usr/bin/ld", "/usr/bin/ld.bfd", "/usr/bin/ld.gold", "/usr/bin/nm", "/usr/bin/ar",
                "/usr/bin/ranlib",
            ] + gccPrograms.flatMap { ["/usr/lib/gcc/*/{match}/\($0)", "/usr/libexec/gcc/*/{match}/\($0)"] }),
        HelperRule(
            names: ["clang", "clang-*", "clang++*"],
            readable: [
                "/usr/include", "/usr/local/include", "/usr/lib/*-linux-gnu", "/usr/lib/gcc", "/usr/lib64",
                "{prefix}/lib/clang",
            ],
            executables: ["/usr/bin/ld", "/usr/bin/ld.bfd", "/usr/bin/as", "{directory}/ld.lld", "{directory}/lld"]),
        HelperRule(names: ["java", "javac"], executables: ["{prefix}/lib/jspawnhelper"]),
        HelperRule(
            names: ["go"], readable: ["{prefix}"],
            executableDirectories: ["{prefix}/pkg/tool"]),
        HelperRule(names: ["rustc", "cargo", "clippy-driver"], readable: ["{prefix}/lib"], modules: ["{prefix}/lib"]),
    ]

    private static let gccPrograms = ["cc1", "cc1plus", "collect2", "lto1", "lto-wrapper", "g++-mapper-server"]
}

extension HelperRule {
    /// What the last `*` of the matching name stood for; nil where no name matches.
    func match(_ name: String) -> String? {
        for pattern in names {
            if let match = name.matched(by: pattern) { return match }
        }
        return nil
    }
}

extension String {
    /// Matches a whole text with a pattern in which `*` stands for any text.
    ///
    /// - Parameter pattern: The pattern.
    /// - Returns: What the last `*` stood for, empty without one; nil where the text does not match.
    func matched(by pattern: String) -> String? {
        Self.match(Array(utf8)[...], Array(pattern.utf8)[...])
    }

    private static func match(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> String? {
        guard let first = pattern.first else { return text.isEmpty ? "" : nil }
        guard first == UInt8(ascii: "*") else {
            return text.first == first ? match(text.dropFirst(), pattern.dropFirst()) : nil
        }
        let rest = pattern.dropFirst()
        for length in 0...text.count {
            guard let later = match(text.dropFirst(length), rest) else { continue }
            return rest.contains(UInt8(ascii: "*")) ? later : String(decoding: text.prefix(length), as: UTF8.self)
        }
        return nil
    }
}
