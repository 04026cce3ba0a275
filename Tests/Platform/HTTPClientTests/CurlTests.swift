import CCurl
import Glibc
import Testing

@testable import HTTPClient

@Suite struct CurlTests {
    @Test("a libcurl that cannot do what is needed is refused") func library() {
        let features = Int32(CURL_VERSION_ASYNCHDNS) | Int32(CURL_VERSION_SSL)
        #expect(CurlLibrary.fault == nil)
        #expect(CurlLibrary.fault(version: 0x07_57_00, features: features, signsForAWS: true) == nil)
        #expect(CurlLibrary.fault(version: 0x07_56_01, features: features, signsForAWS: true) != nil)
        #expect(CurlLibrary.fault(version: 0x08_00_00, features: Int32(CURL_VERSION_SSL), signsForAWS: true) != nil)
        #expect(CurlLibrary.fault(version: 0x08_00_00, features: Int32(CURL_VERSION_ASYNCHDNS), signsForAWS: true) != nil)
        #expect(CurlLibrary.fault(version: 0x08_00_00, features: features, signsForAWS: false) != nil)
    }

    @Test("a handle with an option that libcurl has refused is of no use any more") func options() throws {
        let easy = try #require(CurlEasy())
        #expect(easy.isUsable)
        easy.set(CURLOPT_PROTOCOLS_STR, "nonsense")
        #expect(!easy.isUsable)
        easy.set(CURLOPT_PROTOCOLS_STR, "https")
        #expect(!easy.isUsable)
    }

    @Test("libcurl does not write the keys of TLS connections to a file") func keyLog() async {
        await #expect(processExitsWith: .success) {
            setenv("SSLKEYLOGFILE", "/nowhere/keys", 1)
            #expect(CurlLibrary.fault == nil)
            #expect(getenv("SSLKEYLOGFILE") == nil)
        }
    }
}
