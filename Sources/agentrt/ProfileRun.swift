enum ProfileRun {
    static func run(_ global: GlobalOptions, _ arguments: Arguments) throws -> Int32 { throw UsageError("--profile is not supported yet") }
}
enum BundleVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 { throw UsageError("bundle is not supported yet") }
}
enum CheckVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 { throw UsageError("check is not supported yet") }
}
