import Testing

@testable import NetworkRules

@Suite struct AddressTests {
    @Test(arguments: [
        ("10.1.2.3", "10.1.2.3"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"),
        ("::1", "::1"), ("2001:DB8::10", "2001:db8::10"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1::8", "1::8"), ("::ffff:169.254.169.254", "::ffff:a9fe:a9fe"),
        ("64:ff9b::1.2.3.4", "64:ff9b::102:304"), ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"), ("fe80::", "fe80::"),
    ])
    func isReadAndWritten(_ text: String, _ written: String) throws {
        let address = try #require(NetworkAddress(text))
        #expect(address.description == written)
        #expect(NetworkAddress(written) == address)
        #expect(NetworkAddress(bytes: address.bytes) == address)
    }

    /// Notations that inet_aton(3) or a browser takes, and broken ones.
    @Test(arguments: [
        "", ".", "127.1", "0x7f000001", "0x7f.0.0.1", "017700000001", "2130706433", "127.0.0.01", "127.0.0.1.",
        "1.2.3.256",
        "1.2.3.-4", "1.2.3.+4", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4\0", "１.2.3.4", ":", ":::", "1::2::3", "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8:9", "12345::", "g::", "::1%eth0", "1.2.3.4::", "::1.2.3", "[::1]",
        "::+1",
    ])
    func isRefused(_ text: String) { #expect(NetworkAddress(text) == nil) }

    @Test func aMappedAddressIsTheOneItMaps() throws {
        #expect(NetworkAddress("::ffff:10.0.0.1")?.unmapped == NetworkAddress("10.0.0.1"))
        #expect(NetworkAddress("::fffe:10.0.0.1")?.unmapped == NetworkAddress("::fffe:10.0.0.1"))
    }

    @Test func rangesHoldWhatBeginsAlike() throws {
        let range = try #require(NetworkAddress("10.128.0.0").flatMap { AddressRange(first: $0, prefixLength: 9) })
        #expect(NetworkAddress("10.255.0.1").map(range.contains) == true)
        #expect(NetworkAddress("10.127.255.255").map(range.contains) == false)
        #expect(NetworkAddress("::1").map(range.contains) == false)
        #expect(NetworkAddress("10.128.0.1").flatMap { AddressRange(first: $0, prefixLength: 9) } == nil)
        let wide = try #require(NetworkAddress("2001:db8::").flatMap { AddressRange(first: $0, prefixLength: 65) })
        #expect(NetworkAddress("2001:db8::7fff:0:0:0").map(wide.contains) == true)
        #expect(NetworkAddress("2001:db8::8000:0:0:0").map(wide.contains) == false)
        let all = try #require(NetworkAddress("::").flatMap { AddressRange(first: $0, prefixLength: 0) })
        #expect(NetworkAddress("ffff::").map(all.contains) == true)
    }

    @Test(arguments: [
        ("127.0.0.1", "loopback"), ("127.255.255.254", "loopback"), ("169.254.169.254", "link-local"),
        ("10.0.0.1", "private"), ("172.31.255.255", "private"), ("192.168.1.1", "private"),
        ("100.100.100.200", "shared"),
        ("168.63.129.16", "cloud metadata"), ("0.0.0.0", "unspecified"), ("198.18.0.2", "reserved"),
        ("224.0.0.1", "multicast"),
        ("255.255.255.255", "reserved"), ("::1", "loopback"), ("::", "unspecified"), ("fe80::1", "link-local"),
        ("fd00:ec2::254", "private"), ("ff02::1", "multicast"), ("64:ff9b::127.0.0.1", "NAT64 of loopback"),
        ("64:ff9b::a9fe:a9fe", "NAT64 of link-local"), ("::127.0.0.1", "reserved"), ("2002:7f00:1::", "reserved"),
    ])
    func someMeanSomethingElseEverywhere(_ text: String, _ kind: String) throws {
        let address = try #require(NetworkAddress(text))
        #expect(SpecialAddresses.holding(address)?.kind == kind)
    }

    @Test(arguments: [
        "1.1.1.1", "172.32.0.1", "100.128.0.1", "203.0.113.10", "2001:db8:1::10", "64:ff9b::1.1.1.1", "2606::1",
    ])
    func othersAreOrdinary(_ text: String) throws {
        let address = try #require(NetworkAddress(text))
        #expect(SpecialAddresses.holding(address) == nil)
    }
}
