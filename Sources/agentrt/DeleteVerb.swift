internal import ContainerRuntime
internal import LinuxSystem

/// `delete [--force] ID`, `delete [--force] --regex EXPRESSION`
enum DeleteVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(global.verbArguments, options: [.flag("force", "f"), .flag("regex", "r")])
        let force = arguments.has("force")
        guard arguments.has("regex") else {
            try arguments.container(global, verb: "delete").delete(force: force)
            return 0
        }
        let words = arguments.positional + (arguments.command ?? [])
        guard words.count == 1, let expression = RegularExpression(words[0]) else {
            throw UsageError("\"delete --regex\" takes one regular expression, got \(words)")
        }
        var status: Int32 = 0
        for id in try global.root.containerIDs() where expression.matches(id.description) {
            do {
                try Container(id: id, root: global.root, report: global.log.note).delete(force: force)
            } catch {
                // The others are deleted all the same.
                global.log.error("\(error)")
                status = 1
            }
        }
        return status
    }
}
