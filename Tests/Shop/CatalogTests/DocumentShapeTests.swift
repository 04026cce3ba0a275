import Formats
import Foundation
import Testing

@testable import Catalog

/// The keys of documents in Redis change with the documents.
@Suite("Document shape") struct DocumentShapeTests {
    /// What the samples show to a client, in the order of the samples. Where a change to the catalogue's documents is meant, these
    /// texts change with it; the shape follows by itself.
    private static let golden = [
        #"""
        {"id":"01234567-89ab-7def-8123-456789abcdef","available":7,"in_stock":true,"available":0,"in_stock":false}
        """#
    ]

    private static func decoded(_ sample: [UInt8]) throws -> (document: StockTemplate, available: [Int]) {
        guard let decoded = StockTemplate.decode(sample) else { throw CocoaError(.coderInvalidValue) }
        return decoded
    }

    @Test("the samples are the documents that clients get") func golden() throws {
        for (text, sample) in zip(Self.golden, DocumentShape.samples()) {
            let (document, available) = try Self.decoded(sample)
            #expect(String(decoding: document.filled(with: available), as: UTF8.self) == text)
        }
        // Lists: exact total, total with an end, none.
        let lists = try DocumentShape.samples()[1..<4].map { sample in
            let (document, available) = try Self.decoded(sample)
            return try #require(
                try JSONSerialization.jsonObject(with: Data(document.filled(with: available))) as? [String: Any])
        }
        #expect(lists.map { $0["total_relation"] as? String } == ["eq", "gte", nil])
        #expect(lists.map { ($0["data"] as? [Any])?.count } == [2, 2, 2])
        #expect(lists.map { $0["next_cursor"] as? String } == ["cursor", "cursor", nil])
    }

    @Test("the keys in Redis carry the hash of the samples, and the same process always makes the same") func derived() {
        #expect(DocumentShape.current == DocumentShape.of(DocumentShape.samples()))
        #expect(SharedDocumentCache.name("p:a", 7, shape: DocumentShape.current) == "commerce:\(DocumentShape.current):7:p:a")
        #expect(
            SharedDocumentCache.claimName("p:a", 7, shape: DocumentShape.current)
                == "commerce:\(DocumentShape.current):7:claim:p:a")
        #expect(DocumentShape.current.utf8.count == 11)
    }

    @Test("any byte of any sample, one more and one less make another shape") func sensitive() {
        let samples = DocumentShape.samples()
        var shapes: Set<String> = [DocumentShape.current]
        var changes = 0
        func check(_ changed: [[UInt8]]) {
            changes += 1
            shapes.insert(DocumentShape.of(changed))
        }
        for (index, sample) in samples.enumerated() {
            for place in sample.indices {
                var changed = samples
                changed[index][place] ^= 1
                check(changed)
            }
            var changed = samples
            changed[index].append(0x20)
            check(changed)
            changed = samples
            changed.remove(at: index)
            check(changed)
        }
        // The border between two samples counts too.
        var changed = samples
        changed[0].append(changed[1].removeFirst())
        check(changed)
        #expect(shapes.count == changes + 1)
    }
}
