import HTTPServer
import TestSupport
import Testing
import WebTestSupport

@testable import Web

@Suite struct AcceptEncodingTests {
    private func prefersGzip(_ values: String...) -> Bool {
        AcceptEncoding(RequestHead(.get, "/", fields: values.map { ("Accept-Encoding", $0) })).prefersGzip
    }

    @Test(arguments: [
        "gzip", "GZip", "x-gzip", "gzip, deflate, br, zstd", "deflate,gzip", "br;q=1, gzip;q=0.8, *;q=0.1", "*", "*;q=0.001",
        "gzip;q=0.001", "gzip ; q=0.5", "gzip;\tq=0.5 , br", ", gzip,,", "gzip;q=1.000", "gzip;Q=0.5",
        "identity;q=0.5, gzip;q=0.5",
        "identity, gzip", "identity;q=0, gzip;q=0.1", "identity;q=0, *", "gzip, *;q=0", "deflate;q=1, gzip;q=0.1",
        "gzip, gzip;q=0",
    ])
    func gzipIsSent(value: String) { #expect(prefersGzip(value)) }

    @Test(arguments: [
        "", " ", ",", "identity", "br", "gzip;q=0", "gzip;q=0.000", "*;q=0", "gzip;q=0, *", "identity, gzip;q=0.9",
        "identity;q=1.0, *;q=0.5", "br, deflate", "gzipped", "gzi", "gzip;q", "gzip;q=", "gzip;q=2", "gzip;q=1.001",
        "gzip;q=0.1234",
        "gzip;q=-1", "gzip;q=.5", "gzip;q=0,5", "gzip;q=1e0", "gzip;level=9", "gzip;q=0.5;x=1", ";q=1, gzip", "gzip gzip",
        "identity;q=0", "identity;q=0, br", "\"gzip\"",
    ])
    func nothingIsCoded(value: String) { #expect(!prefersGzip(value)) }

    @Test func severalHeadersAreOneList() {
        #expect(!AcceptEncoding(RequestHead(.get, "/")).prefersGzip)
        #expect(prefersGzip("br", "gzip"))
        #expect(prefersGzip("identity;q=0.1", "gzip;q=0.2"))
        #expect(!prefersGzip("gzip", "gzip;q=7"))
        #expect(!prefersGzip("gzip;q=0.2", "identity"))
    }

    /// A slow parser that splits text.
    private func slow(_ text: String) -> Bool {
        var weights: [String: Int] = [:]
        for element in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = element.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
                .map { $0.trimmingPrefix { $0 == " " || $0 == "\t" } }
                .map { String(String($0.reversed()).trimmingPrefix { $0 == " " || $0 == "\t" }.reversed()) }
            guard let coding = parts.first, !coding.isEmpty else {
                if parts.count > 1 { return false }
                continue
            }
            var weight = 1_000
            if parts.count == 2 {
                guard let match = parts[1].wholeMatch(of: /[qQ]=(0(\.[0-9]{0,3})?|1(\.0{0,3})?)/),
                    let value = Double(match.1.hasSuffix(".") ? String(match.1.dropLast()) : String(match.1))
                else { return false }
                weight = Int((value * 1_000).rounded())
            }
            let name = coding.lowercased() == "x-gzip" ? "gzip" : coding.lowercased()
            if weights[name] == nil { weights[name] = weight }
        }
        guard let gzip = weights["gzip"] ?? weights["*"], gzip > 0 else { return false }
        return gzip >= weights["identity"] ?? weights["*"] ?? 0
    }

    @Test func agreesWithASlowParserOnRandomText() {
        var random = SeededGenerator(seed: 9110)
        let pieces = [
            "gzip", "x-gzip", "GZIP", "identity", "*", "br", ";", ";q=", "q=", "0", "1", "0.5", "1.0", "0.25", ".", "3", ",", ",",
            " ", "\t",
        ]
        var counts = [0, 0]
        for _ in 0..<30_000 {
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
                .joined()
            var read = AcceptEncoding()
            read.read(Array(text.utf8)[...])
            #expect(read.prefersGzip == slow(text), "\(text)")
            counts[read.prefersGzip ? 1 : 0] += 1
        }
        #expect(counts.allSatisfy { $0 > 1_000 })
        for _ in 0..<10_000 {
            var read = AcceptEncoding()
            read.read((0..<Int.random(in: 0...30, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }[...])
            _ = read.prefersGzip
        }
    }
}
