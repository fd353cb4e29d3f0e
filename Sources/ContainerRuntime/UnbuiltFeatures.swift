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
    guard let linux = spec.linux else { return }
    try refuse(linux.intelRdt != nil, "linux.intelRdt", "Intel RDT is")
}
