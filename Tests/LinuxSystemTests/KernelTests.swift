import Foundation
import Testing

@testable import LinuxSystem

struct KernelTests {
    private func pair() throws -> (FrameSocket, FrameSocket) {
        let (one, other) = try FrameSocket.pair()
        return (FrameSocket(FileDescriptor(owning: one)), FrameSocket(FileDescriptor(owning: other)))
    }

    @Test func framesStayApart() throws {
        let (one, other) = try pair()
        try one.send([1, 2])
        try one.send([3])
        #expect(try other.receive()?.bytes == [1, 2])
        #expect(try other.receive()?.bytes == [3])
    }

    @Test func descriptorsTravel() throws {
        let (one, other) = try pair()
        let null = try openFile("/dev/null", .readOnly)
        try one.send([1], descriptors: [null.rawValue])
        let received = try #require(try other.receive())
        let own = try #require(received.descriptors.first)
        #expect(received.descriptors.count == 1)
        #expect(own.descriptor.rawValue != null.rawValue)
        #expect(try own.descriptor.status() == null.status())
    }

    @Test func aLongFrameIsRefused() throws {
        let (one, other) = try pair()
        try one.send([1, 2, 3])
        #expect(reason { _ = try other.receive(limit: 2) }?.rawValue == EMSGSIZE)
    }

    @Test func anEndThatIsGone() throws {
        let other = try pair().1
        #expect(try other.receive() == nil)
        #expect(reason { try other.send([1]) } == .brokenPipe)
    }

    @Test func waitsForWhatIsReady() throws {
        let (one, other) = try pair()
        #expect(try waitUntilReady([other.descriptor.rawValue, -1], milliseconds: 0) == [false, false])
        try one.send([1])
        #expect(try waitUntilReady([-1, other.descriptor.rawValue], milliseconds: 10_000) == [false, true])
    }

    @Test func ownStatus() throws {
        let own = try #require(try ProcessStatus.of(Int32(ProcessInfo.processInfo.processIdentifier)))
        #expect(!own.hasEnded)
        #expect(own.startTime > 0)
        #expect(try ProcessStatus.of(Int32.max) == nil)
    }

    @Test func filtersCompile() throws {
        let filter = try SeccompFilter(defaultAction: .allow)
        let empty = try filter.compiled()
        try filter.addRule(
            .fail(1), systemCall: "mkdir",
            when: [SeccompFilter.ArgumentCondition(index: 1, .maskedEqual, value: 0o7000, secondValue: 0o1000)])
        let full = try filter.compiled()
        #expect(!empty.isEmpty)
        #expect(full.count % 8 == 0)
        #expect(full.count > empty.count)
    }

    @Test func filtersRefuseARuleOfTheDefaultAction() throws {
        let filter = try SeccompFilter(defaultAction: .allow)
        #expect(reason { try filter.addRule(.allow, systemCall: "mkdir") } != nil)
        let isKnown = try filter.addArchitecture("no_such_machine")
        #expect(!isKnown)
        #expect(SeccompFilter.knows(systemCall: "mkdir"))
        #expect(!SeccompFilter.knows(systemCall: "no_such_call"))
    }
}
