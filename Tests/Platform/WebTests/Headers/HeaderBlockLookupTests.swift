import HTTPServer
import HTTPTypes
import Testing

@testable import Web

@Suite struct HeaderBlockLookupTests {
    private static let block: HeaderBlock = {
        var block = HeaderBlock()
        block.append(.contentType, "text/plain")
        block.append(.vary, "Origin")
        block.append(.eTag, "")
        block.append(.vary, "Accept: x")
        return block
    }()

    @Test func fieldsAreFoundByTheirWholeName() {
        #expect(Self.block[.contentType] == "text/plain")
        #expect(Self.block[.vary] == "Origin")
        #expect(Self.block[.eTag] == "")
        #expect(Self.block[.accept] == nil)
        #expect(Self.block[.contentEncoding] == nil)
        #expect(Self.block[.te] == nil)
        #expect(!HeaderBlock().contains(.vary))
    }

    @Test func exactlyTheNamedHeadersAreKept() {
        let kept = Self.block.keeping([.vary, .accept, .eTag])
        #expect(String(decoding: kept.bytes, as: UTF8.self) == "Vary: Origin\r\nVary: Accept: x\r\nETag: \r\n")
    }
}
