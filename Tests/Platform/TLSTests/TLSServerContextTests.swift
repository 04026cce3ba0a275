import Foundation
import TLS
import TestSupport
import Testing

@Suite struct TLSServerContextTests {
    @Test func anIdentityThatCannotServeIsRejectedWithTheReason() throws {
        let files = try ScratchDirectory("tls")
        try FileManager.default.createDirectory(atPath: files.path + "/other", withIntermediateDirectories: true)
        let own = try SelfSignedCertificate(in: files.path)
        let other = try SelfSignedCertificate(in: files.path + "/other")
        let certificate = try Data(contentsOf: URL(fileURLWithPath: own.certificate))
        let cases: [(TLSIdentitySource, String)] = [
            (.files(certificates: own.certificate, key: other.key), "do not belong together"),
            (.files(certificates: own.key, key: own.key), "no certificate"),
            (.files(certificates: own.certificate, key: own.certificate), "no private key"),
            (.files(certificates: files.path + "/none", key: own.key), "No such file"),
            (.files(certificates: files.path, key: own.key), "directory"),
            (.fixed(TLSIdentity(certificates: Array(certificate.prefix(200)), key: [])), "no certificate"),
            (.fixed(TLSIdentity(certificates: [], key: [])), "no certificate"),
        ]
        for (source, reason) in cases {
            let fault = #expect(throws: TLSError.self) { try TLSServerContext(source.read()) }
            #expect(fault?.description.contains(reason) == true, "\(fault?.description ?? "none")")
        }
    }
}
