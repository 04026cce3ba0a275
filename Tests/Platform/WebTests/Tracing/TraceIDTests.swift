import Testing

@testable import Web

@Suite struct TraceIDTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"

    private func find(_ traceparent: String? = nil, amazon: String? = nil) -> String? {
        TraceID.find(traceparent: traceparent.map { Array($0.utf8)[...] }, amazon: amazon.map { Array($0.utf8)[...] })
    }

    @Test func theTraceIDIsReadFromTraceparent() {
        #expect(find("00-\(Self.trace)-\(Self.span)-01") == Self.trace)
        #expect(find("cc-\(Self.trace)-\(Self.span)-01-what-ever") == Self.trace)
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-1", "00-\(trace)-\(span)-01-", "00-\(trace)-\(span)-01-x",
        "ff-\(trace)-\(span)-01", "0-\(trace)-\(span)-001", "00-\(trace.uppercased())-\(span)-01",
        "00-00000000000000000000000000000000-\(span)-01", "00-\(trace)-0000000000000000-01",
        "00_\(trace)_\(span)_01", "00-\(trace)x-\(span)-01", "00-\(trace.dropLast())g-\(span)-01",
        "01-\(trace)-\(span)-01" + String(repeating: "-x", count: 300),
    ])
    func aMalformedTraceparentIsIgnored(field: String) {
        #expect(find(field) == nil)
        #expect(find(field, amazon: "Root=1-5759e988-bd862e3fe1be46a994272793") == "1-5759e988-bd862e3fe1be46a994272793")
    }

    @Test(arguments: [
        ("Root=1-5759e988-bd862e3fe1be46a994272793", "1-5759e988-bd862e3fe1be46a994272793"),
        ("Self=1-0-0; Root=1-2-3;Sampled=1", "1-2-3"), ("Parent=53995c3f42cd8ad8;Root=1-2-a", "1-2-a"),
        ("Root=", nil), ("Root=<x>", nil), ("root=1-2-3", nil), ("", nil), (";;;", nil),
        ("Root=" + String(repeating: "1", count: 65), nil), ("Root=1" + String(repeating: ";x", count: 300), nil),
    ])
    func theRootOfAmazonsFieldIsTaken(field: String, expected: String?) {
        #expect(find(amazon: field) == expected)
    }

    @Test func aTruncatedTraceparentIsIgnored() {
        let whole = "00-\(Self.trace)-\(Self.span)-01"
        for length in 0..<whole.utf8.count { #expect(find(String(whole.prefix(length))) == nil) }
    }
}
