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
        .executable(name: "agentrt", targets: ["agentrt"]),
        .executable(name: "agentrt-gate", targets: ["agentrt-gate"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2")
    ],
    targets: [
        // The program. `scripts/build` links it into one static executable.
        .executableTarget(
            name: "agentrt", dependencies: [
                "ContainerRuntime", "AgentProfile", "SelfTest", "Doctor", "OCISpec", "JSON", "LinuxSystem",
            ],
            swiftSettings: strict),

        // The gate, a program of its own: so that `agentrt` never carries an event loop.
        .executableTarget(name: "agentrt-gate", dependencies: ["NetworkGate"], swiftSettings: strict),
        // Answers a container's names and carries its connections.
        .target(
            name: "NetworkGate",
            dependencies: [
                "NetworkRules", "JSON", "LinuxSystem", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ], swiftSettings: strict),

        // The lifecycle of a container, and its first process.
        .target(
            name: "ContainerRuntime", dependencies: ["Cgroup", "NetworkRules", "OCISpec", "JSON", "LinuxSystem"],
            swiftSettings: strict),
        // A profile becomes a bundle.
        .target(
            name: "AgentProfile", dependencies: ["NetworkRules", "OCISpec", "JSON", "LinuxSystem"],
            swiftSettings: strict),
        // Attempts to break out of a sandbox, made in one.
        .target(name: "SelfTest", dependencies: ["JSON", "LinuxSystem"], swiftSettings: strict),
        // What this host can enforce, found out by doing it.
        .target(
            name: "Doctor", dependencies: ["ContainerRuntime", "SelfTest", "JSON", "LinuxSystem"], swiftSettings: strict),
        // What of the network may be reached, and what runtime and gate tell each other of it.
        .target(name: "NetworkRules", dependencies: ["JSON"], swiftSettings: strict),
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
            name: "AgentProfileTests", dependencies: ["AgentProfile", "NetworkRules", "OCISpec", "JSON", "LinuxSystem"],
            swiftSettings: strict),
        .testTarget(
            name: "CgroupTests", dependencies: ["Cgroup", "DBus", "OCISpec", "LinuxSystem"], swiftSettings: strict),
        .testTarget(name: "NetworkRulesTests", dependencies: ["NetworkRules"], swiftSettings: strict),
        .testTarget(name: "NetworkGateTests", dependencies: ["NetworkGate", "NetworkRules"], swiftSettings: strict),
        .testTarget(name: "SelfTestTests", dependencies: ["SelfTest", "LinuxSystem"], swiftSettings: strict),
        .testTarget(name: "DBusTests", dependencies: ["DBus"], swiftSettings: strict),
        .testTarget(name: "LinuxSystemTests", dependencies: ["LinuxSystem"], swiftSettings: strict),
        .testTarget(
            name: "ContainerRuntimeTests",
            dependencies: ["ContainerRuntime", "Cgroup", "OCISpec", "JSON", "LinuxSystem"],
            swiftSettings: strict),
        // Drives the built binary against the real kernel.
        .testTarget(name: "IntegrationTests", dependencies: ["JSON"], swiftSettings: strict),
    ]
)
