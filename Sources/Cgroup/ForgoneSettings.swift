/// Limits that a host lacks the means for, taken out of those that are set.
extension [ControlSetting] {
    /// Takes out the settings that cannot be without something.
    ///
    /// - Parameter lack: What is not there; nil for all that a group is needed for.
    /// - Returns: The settings taken out.
    fileprivate mutating func takeOut(_ lack: CgroupError.Lack?) -> [ControlSetting] {
        func needs(_ setting: ControlSetting) -> Bool {
            switch lack?.means {
            case .controller(let name): setting.controller == name
            case .file(let name): setting.file == name || setting.alternative?.file == name
            case nil: true
            }
        }
        let taken = filter(needs)
        removeAll(where: needs)
        return taken
    }
}

extension ControlSettings {
    /// Takes out the settings that cannot be without something; see ``CgroupError/lack``.
    ///
    /// - Parameter lack: What is not there; nil for all that a group is needed for.
    /// - Returns: The settings taken out.
    public mutating func forgo(_ lack: CgroupError.Lack?) -> [ControlSetting] { settings.takeOut(lack) }
}

extension LegacySettings {
    /// Takes out the settings that cannot be without something; see ``CgroupError/lack``.
    ///
    /// - Parameter lack: What is not there; nil for all that a group is needed for.
    /// - Returns: The settings taken out.
    public mutating func forgo(_ lack: CgroupError.Lack?) -> [ControlSetting] { settings.takeOut(lack) }
}
