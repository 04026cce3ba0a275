import Formats
import HTTPServer
import Testing
import WebTestSupport

@testable import Web

@Suite struct PageRequestTests {
    private func page(_ query: String) throws -> PageRequest { try PageRequest(#require(QueryParameters(query))) }

    @Test func aPageHasAtMostAHundredRows() throws {
        #expect(try page("") == PageRequest(limit: 20))
        for limit in 1...100 { #expect(try page("limit=\(limit)").limit == limit) }
        #expect(try page("limit=007").limit == 7)
    }

    @Test(arguments: ["0", "101", "-1", "+5", "1.5", "1e1", "", "%20", "abc", "99999999999999999999", "٣", "0x10", "5 "])
    func anotherLimitIsRefusedByItsName(text: String) throws {
        #expect { try page("limit=\(text)") } throws: { error in
            guard let problem = error as? Problem else { return false }
            return problem.kind == .invalidParameter && problem.errors.first?.place == .parameter("limit")
        }
    }

    @Test func cursorAndTotalAreTaken() throws {
        #expect(try page("cursor=abc&include=total").cursor == "abc")
        #expect(try page("cursor=").cursor == nil)
        #expect(try page("include=total").includesTotal)
        #expect(try page("include=facets,total").includesTotal)
        #expect(try !page("include=totals").includesTotal)
    }

    @Test func theCursorMustBeOfTheList() throws {
        let filter = CursorFilter(["a"], key: EncryptionKeys.unprotected.authentication(for: .cursors))
        let text = Cursor([.integer(3)]).text(for: filter)
        #expect(try page("cursor=\(text)").place(for: filter)?.fields == [.integer(3)])
        #expect(try page("").place(for: filter) == nil)
        #expect {
            try page("cursor=\(text)").place(
                for: CursorFilter(["b"], key: EncryptionKeys.unprotected.authentication(for: .cursors)))
        } throws: {
            ($0 as? Problem)?.kind == .invalidCursor
        }
    }

    @Test(arguments: [
        ("/v1/products", nil, "</v1/products?cursor=C>; rel=\"next\""),
        ("/v1/products", "", "</v1/products?cursor=C>; rel=\"next\""),
        ("/v1/products", "q=a%20b&limit=5", "</v1/products?q=a%20b&limit=5&cursor=C>; rel=\"next\""),
        ("/v1/products", "cursor=old&q=1&cursor=older&cursor", "</v1/products?q=1&cursor=C>; rel=\"next\""),
        ("/v1/products", "cursors=1", "</v1/products?cursors=1&cursor=C>; rel=\"next\""),
        ("/v1/a>b", "q=<\">\\", "</v1/a%3Eb?q=%3C%22%3E%5C&cursor=C>; rel=\"next\""),
        ("//evil.example/x", nil, "</evil.example/x?cursor=C>; rel=\"next\""),
    ])
    func theLinkIsTheRequestWithTheNextCursor(path: String, query: String?, link: String) {
        let value = NextLink.value(path: path.utf8, query: query.map { Array($0.utf8) }, cursor: "C")
        #expect(String(decoding: value, as: UTF8.self) == link)
    }

    @Test func aPageNamesTheNextOne() async throws {
        let (middle, last, large) = try await onLoop { loop in
            let context = RequestContext(Request(.get, "/v1/things?q=x", on: loop))
            let long = RequestContext(Request(.get, "/v1/things?q=" + String(repeating: "x", count: 9_000), on: loop))
            return (
                Response.page(context, next: "C", total: 7) {
                    $0.int(1); $0.int(2)
                },
                Response.page(context, next: nil) { _ in },
                Response.page(long, next: "C") { _ in }
            )
        }
        #expect(middle.text == #"{"data":[1,2],"next_cursor":"C","total":7}"#)
        #expect(middle.headers[.link] == "</v1/things?q=x&cursor=C>; rel=\"next\"")
        #expect(last.text == #"{"data":[],"next_cursor":null}"#)
        #expect(last.headers[.link] == nil)
        #expect(large.headers[.link] == nil)
    }
}
