import Testing

@testable import Web

@Suite struct ClientKeyTests {
    @Test(arguments: [
        ("203.0.113.7", "203.0.113.7"), ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8:1:2::", "2001:db8:1:2::/64"), ("", ""), ("a:b", "a:b"),
    ])
    func anAddressOrItsSubscribersBlock(address: String, key: String) {
        #expect(ClientKey.of(address) == key)
    }
}
