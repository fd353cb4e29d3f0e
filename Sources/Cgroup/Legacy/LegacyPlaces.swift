/// Directories of cgroup v1, one for each of some controllers.
///
/// A list, as there are four at most: the first use of a dictionary costs Swift's runtime more than a scan ever does.
public struct LegacyPlaces: Equatable, Sendable, ExpressibleByDictionaryLiteral {
    /// A controller and its directory.
    public struct Place: Equatable, Sendable {
        /// The controller's name.
        public let controller: String
        /// The directory's path.
        public let path: String
    }

    /// The directories, in the order of their controllers' names.
    public private(set) var all: [Place] = []

    /// Directories by controller.
    ///
    /// - Parameter elements: The controllers and paths.
    public init(dictionaryLiteral elements: (String, String)...) {
        for (controller, path) in elements { self[controller] = path }
    }

    /// Whether there are none.
    public var isEmpty: Bool { all.isEmpty }

    /// The directories' paths.
    var paths: [String] { all.map { $0.path } }

    /// The directory of a controller; nil where it has none.
    ///
    /// - Parameter controller: The controller's name.
    public subscript(controller: String) -> String? {
        get {
            for place in all where place.controller == controller { return place.path }
            return nil
        }
        set {
            all.removeAll { $0.controller == controller }
            guard let newValue else { return }
            let index = all.firstIndex { $0.controller > controller } ?? all.endIndex
            all.insert(Place(controller: controller, path: newValue), at: index)
        }
    }

    /// Those whose paths are in a list.
    func filter(_ paths: [String]) -> LegacyPlaces {
        var result = self
        result.all.removeAll { !paths.contains($0.path) }
        return result
    }

    /// These, and those of others for controllers that these have not.
    func merging(_ others: LegacyPlaces) -> LegacyPlaces {
        var result = self
        for place in others.all where result[place.controller] == nil { result[place.controller] = place.path }
        return result
    }
}
