// swift-tools-version: 6.3
import PackageDescription

/// What every Swift target of this package is compiled with.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "agentrt",
    products: [
        .executable(name: "agentrt", targets: ["agentrt"])
    ],
    targets: [
        // The program. `scripts/build` links it into one static executable.
        .executableTarget(
            name: "agentrt", dependencies: ["ContainerRuntime", "AgentProfile", "OCISpec", "JSON", "LinuxSystem"],
            swiftSettings: strict),

        // The lifecycle of a container, and its first process.
        .target(
            name: "ContainerRuntime", dependencies: ["Cgroup", "OCISpec", "JSON", "LinuxSystem"],
            swiftSettings: strict),
        // A profile becomes a bundle.
        .target(name: "AgentProfile", dependencies: ["OCISpec", "JSON", "LinuxSystem"], swiftSettings: strict),
        // The control group of a container.
        .target(name: "Cgroup", dependencies: ["DBus", "OCISpec", "LinuxSystem"], swiftSettings: strict),
        // Calls over a message bus, to systemd.
        .target(name: "DBus", dependencies: ["LinuxSystem"], swiftSettings: strict),
        // config.json, state.json and features as values.
        .target(name: "OCISpec", dependencies: ["JSON"], swiftSettings: strict),
        // The one JSON reader and writer, with positions.
        .target(name: "JSON", swiftSettings: strict),
        // The typed kernel interface: the only Swift target that calls libc.
        .target(
            name: "LinuxSystem", dependencies: ["CLinux", "CSeccomp", "CCapability"],
            swiftSettings: strict),

        // What Swift's Glibc module hides, libseccomp and libcap.
        .target(name: "CLinux"),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(name: "CCapability", pkgConfig: "libcap", providers: [.apt(["libcap-dev"])]),

        // One test target a module; none of these needs root.
        .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: strict),
        .testTarget(name: "OCISpecTests", dependencies: ["OCISpec", "JSON"], swiftSettings: strict),
        .testTarget(
            name: "AgentProfileTests", dependencies: ["AgentProfile", "OCISpec", "JSON", "LinuxSystem"],
            swiftSettings: strict),
        .testTarget(
            name: "CgroupTests", dependencies: ["Cgroup", "DBus", "OCISpec", "LinuxSystem"], swiftSettings: strict),
        .testTarget(name: "DBusTests", dependencies: ["DBus"], swiftSettings: strict),
        .testTarget(name: "LinuxSystemTests", dependencies: ["LinuxSystem"], swiftSettings: strict),
        .testTarget(
            name: "ContainerRuntimeTests", dependencies: ["ContainerRuntime", "OCISpec", "JSON", "LinuxSystem"],
            swiftSettings: strict),
        // Drives the built binary against the real kernel.
        .testTarget(name: "IntegrationTests", dependencies: ["JSON"], swiftSettings: strict),
    ]
)
