extension PolicyResolver {
    /// Variables by which a program loads code that its caller names, beside what is listed.
    private static let codeVariables: Set<String> = [
        // The loader and libraries (ld.so(8), iconv(1), openssl).
        "GCONV_PATH", "LD_AUDIT", "LD_LIBRARY_PATH", "LD_PRELOAD", "OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES",
        // Shells.
        "BASH_ENV", "ENV", "ZDOTDIR",
        // Interpreters.
        "CLASSPATH", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "LUA_CPATH", "LUA_INIT", "LUA_PATH", "NODE_OPTIONS",
        "NODE_PATH", "PERL5DB", "PERL5LIB", "PERL5OPT", "PERLLIB", "PHPRC", "PHP_INI_SCAN_DIR", "PYTHONHOME",
        "PYTHONPATH", "PYTHONSTARTUP", "RUBYLIB", "RUBYOPT", "_JAVA_OPTIONS",
    ]

    /// Advice on an environment that makes listed programs do more than their names say.
    mutating func adviseOnEnvironment(_ grants: ResolvedGrants) {
        let names = Set(grants.passed).union(grants.set.keys).intersection(Self.codeVariables).sorted()
        guard !names.isEmpty else { return }
        advise(
            grants.place,
            "environment has \(names.joined(separator: ", ")), by which listed programs load code that no list names")
    }
}
