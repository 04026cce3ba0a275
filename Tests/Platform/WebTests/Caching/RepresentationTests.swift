import Compression
import HTTPServer
import HTTPTypes
import Testing
import WebTestSupport

@testable import Web

@Suite struct RepresentationTests {
    private static let page = [UInt8](repeating: UInt8(ascii: "a"), count: 4_000)

    private func answer(_ fields: [(String, String)], gzip: Bool = true, modified: Int64? = nil) async throws -> Response {
        try await onLoop { loop in
            let resource = FixedResource(
                Self.page, type: "text/html; charset=utf-8", kind: .page(policy: ""), cacheControl: "public, max-age=9",
                modified: modified, gzip: gzip ? Gzip(GzipSettings()) : nil)
            return try resource.answer(to: RequestContext(Request(.get, "/docs", fields: fields, on: loop)))
        }
    }

    @Test func eachCodingHasItsOwnTagAndBothHaveVary() async throws {
        let plain = try await answer([])
        let coded = try await answer([("Accept-Encoding", "gzip")])
        #expect(plain.body == Self.page && coded.body.count < 100)
        #expect(plain.headers[.contentEncoding] == nil && coded.headers[.contentEncoding] == "gzip")
        let tag = try #require(plain.headers[.eTag])
        #expect(coded.headers[.eTag] == tag.dropLast() + "-gzip\"")
        for response in [plain, coded] {
            #expect(response.headers[.vary] == "Accept-Encoding")
            #expect(response.headers[.cacheControl] == "public, max-age=9")
        }
        let off = try await answer([("Accept-Encoding", "gzip")], gzip: false)
        #expect(off.body == Self.page && off.headers[.vary] == nil)
    }

    @Test func conditionsHoldForTheSelectedRepresentation() async throws {
        let tag = try #require(try await answer([]).headers[.eTag])
        let coded = String(tag.dropLast()) + "-gzip\""
        let cases: [(accepted: String, condition: String, got: String?)] = [
            ("gzip", coded, coded), ("gzip", tag, nil), ("gzip;q=0", coded, nil), ("gzip;q=0", tag, tag), ("", coded, nil),
            ("identity", tag, tag), ("gzip", "\(tag), \(coded)", coded), ("gzip", "W/" + coded, coded),
            ("gzip", "*", coded), ("identity", "*", tag), ("identity", coded, nil), ("identity", "W/" + coded, nil),
            ("identity", "W/" + tag, tag), ("identity", "\(coded), \(tag)", tag),
            ("gzip", "\"other-gzip\"", nil), ("identity", "\"other\"", nil), ("gzip", tag + "-gzip", nil),
        ]
        for (accepted, condition, got) in cases {
            let response = try await answer([("Accept-Encoding", accepted), ("If-None-Match", condition)])
            #expect(response.status == (got == nil ? .ok : .notModified), "\(accepted) \(condition)")
            if let got { #expect(response.headers[.eTag] == got, "\(accepted) \(condition)") }
            #expect(response.headers[.vary] == "Accept-Encoding")
            #expect(response.headers[.cacheControl] == "public, max-age=9")
        }
        for (accepted, field, isMeant) in [
            ("gzip", coded, true), ("gzip", tag, false), ("identity", tag, true), ("identity", coded, false), ("gzip", "*", true),
            ("gzip", "\(tag), \(coded)", true), ("identity", "\(tag), \(coded)", true), ("gzip", "W/" + coded, false),
        ] {
            let fields = [("Accept-Encoding", accepted), ("If-Match", field)]
            if isMeant {
                #expect(try await answer(fields).status == .ok, "\(accepted) \(field)")
                #expect(try await answer(fields + [("If-None-Match", accepted == "gzip" ? coded : tag)]).status == .notModified)
            } else {
                let problem = await #expect(throws: Problem.self) { try await answer(fields) }
                #expect(problem?.kind == .preconditionFailed, "\(accepted) \(field)")
            }
        }
        let since = [("Accept-Encoding", "gzip"), ("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT")]
        #expect(try await answer(since, modified: 784_111_777).headers[.eTag] == coded)
        #expect(try await answer(since, modified: 784_111_777).status == .notModified)
    }

    @Test func imagesAreNotCompressed() async throws {
        let response = try await onLoop { loop in
            let resource = FixedResource(
                Self.page, type: "image/png", kind: .asset(policy: nil), cacheControl: "public", gzip: Gzip(GzipSettings()))
            return try resource.answer(
                to: RequestContext(Request(.get, "/a", fields: [("Accept-Encoding", "gzip")], on: loop)))
        }
        #expect(response.body == Self.page && response.headers[.vary] == nil && response.headers[.contentEncoding] == nil)
        for type in ["image/svg+xml", "text/css; charset=utf-8", "text/plain", "application/json", "application/problem+json"] {
            #expect(MediaType.isCompressible(type))
        }
        for type in ["image/png", "image/jpeg", "image/webp", "application/octet-stream"] {
            #expect(!MediaType.isCompressible(type))
        }
    }
}
