import OCISpec
import Testing

@testable import ContainerRuntime

struct UnbuiltFeatureTests {
    private func line(_ spec: Spec) -> String? { failure { try refuseWhatIsNotBuilt(spec) } }

    @Test func resourceDirector() {
        #expect(line(Spec(linux: Linux(intelRdt: IntelRdt())))?.hasPrefix("linux.intelRdt: ") == true)
    }

    @Test func whatAsksForNothingPasses() {
        #expect(line(Spec(process: Process(), linux: Linux(seccomp: Seccomp(defaultAction: .errno)))) == nil)
        #expect(line(Spec()) == nil)
    }
}
