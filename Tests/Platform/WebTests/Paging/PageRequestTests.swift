import Formats
import Testing

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

    @Test func cursorAndTotalAreRead() throws {
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
}
