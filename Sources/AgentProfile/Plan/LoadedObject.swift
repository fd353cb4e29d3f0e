/// A program or library as the loader sees it: its file, what it says, and the way the loader came to it.
final class LoadedObject {
    /// Its file, without links.
    let path: String
    /// The directory it was found in, which `$ORIGIN` stands for: for libraries before links, for programs after.
    let origin: String
    /// The links on the way from the name it was asked for by.
    let links: [HostFiles.Link]
    /// What the file says.
    let file: ELFFile

    /// An object.
    init(path: String, origin: String, links: [HostFiles.Link], file: ELFFile) {
        self.path = path
        self.origin = origin
        self.links = links
        self.file = file
    }

    /// The directories of a search path of this object, its `$ORIGIN`, `$LIB` and `$PLATFORM` replaced (ld.so(8)).
    ///
    /// - Parameter path: DT_RPATH or DT_RUNPATH.
    /// - Returns: Absolute directories; relative ones, which depend on the working directory, are left out.
    func directories(_ path: [String]) -> [String] {
        path.compactMap { directory in
            var result = directory
            let values = [
                ("ORIGIN", origin), ("LIB", file.machine.libraryDirectory), ("PLATFORM", file.machine.platform),
            ]
            for (name, value) in values {
                result = result.replacing("${\(name)}", with: value).replacing("$\(name)", with: value)
            }
            return result.utf8.first == UInt8(ascii: "/") ? result : nil
        }
    }
}

extension ELFFile.Machine {
    /// The names under which files for this machine are kept side by side with others (Debian's multiarch).
    var multiarchName: String {
        switch self {
        case .x86_64: "x86_64-linux-gnu"
        case .aarch64: "aarch64-linux-gnu"
        }
    }

    /// The value of `$LIB`, as Debian's loader has it.
    fileprivate var libraryDirectory: String { "lib/" + multiarchName }

    /// The value of `$PLATFORM`.
    fileprivate var platform: String {
        switch self {
        case .x86_64: "x86_64"
        case .aarch64: "aarch64"
        }
    }

    /// The directories the loader searches at last; the distributions differ, so all that are in use.
    var defaultLibraryDirectories: [String] {
        [
            "/lib/" + multiarchName, "/usr/lib/" + multiarchName, "/lib64", "/usr/lib64", "/lib", "/usr/lib",
        ]
    }
}

extension String {
    /// This text with every occurrence of another replaced, decided by bytes.
    func replacing(_ name: String, with value: String) -> String {
        let bytes = Array(utf8)
        let wanted = Array(name.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index...].starts(with: wanted) {
                result += Array(value.utf8)
                index += wanted.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
