import EventLoop
import Formats
import Foundation
import HTTPClient
import TestSupport
import Testing

@testable import AWS

@Suite struct XMLElementTests {
    private func parse(_ text: String) -> XMLElement? { XMLElement.parse(Array(text.utf8)) }

    @Test("elements, text, references and comments") func elements() throws {
        let root = try #require(
            parse(
                """
                <?xml version="1.0"?>
                <!-- <a> -->
                <ns:Root xmlns:ns="x" a='b'><Empty/><Text> a &lt;b&gt; &amp;&#65;&#x42;<!-- no --> c </Text><List><m>1</m><m>2</m></List></ns:Root>
                """))
        #expect(root.name == "Root")
        #expect(root["Text"]?.text == "a <b> &AB c")
        #expect(root["List"]?.children.map(\.text) == ["1", "2"])
        #expect(root["Empty"]?.children.isEmpty == true)
        #expect(root["None"] == nil)
    }

    @Test("a > in a quoted value, CDATA and a byte-order mark are read") func rarities() {
        #expect(parse("<a b=\"x>y\" c='>\"'><d e='>'/>t</a>")?.text == "t")
        #expect(parse("<a> <![CDATA[<b>&amp;]] >]]> c</a>")?.text == "<b>&amp;]] > c")
        #expect(parse("\u{feff}<?xml version='1.0'?><a>t</a>")?.text == "t")
        #expect(parse("<?it's?><a>t</a>")?.text == "t")
    }

    @Test("an error has the code of its document, in every form") func errors() {
        let documents = [
            "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>m</Message></Error></ErrorResponse>",
            "<Error><Code>SignatureDoesNotMatch</Code><Message>m</Message></Error>",
            "\u{feff}<Error a='x>y'><Code><![CDATA[SignatureDoesNotMatch]]></Code><Message>m</Message></Error>",
            "{\"__type\": \"com.amazon#SignatureDoesNotMatch\", \"message\": \"m\"}",
        ]
        for document in documents {
            let response = AWSResponse(HTTPClientResponse(status: 403, headers: [], body: Array(document.utf8)))
            #expect(response.errorCode == "SignatureDoesNotMatch" && response.errorMessage == "m", "\(document)")
            #expect(response.refusesCredentials)
        }
    }

    @Test(
        "what is no such document is none",
        arguments: [
            "", "text", "<", "<a", "<a>", "<a></b>", "</a>", "<a><b></a></b>", "<a>&x;</a>", "<a>&amp</a>", "<a>&#xFFFFFFFF;</a>",
            "<>", "< a></a>",
            "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "<!-- ", "{\"a\": 1}", "<a>" + String(repeating: "<a>", count: 100),
        ])
    func nothing(text: String) { #expect(parse(text) == nil) }

    @Test("100,000 texts of its characters are read or refused") func random() {
        var generator = SeededGenerator(seed: 17)
        var read = 0
        for _ in 0..<100_000 where XMLElement.parse(generator.bytes(upTo: 30, from: "<<>>/aab!-?&;#1 ")) != nil { read += 1 }
        #expect(read > 0)
    }
}

@Suite struct AWSCredentialsSourceTests {
    private func source(_ variables: [String: String]) throws(AWSVariableError) -> AWSCredentialsSource {
        try AWSCredentialsSource { variables[$0] }
    }

    @Test("keys come before the container's role, as in the SDKs") func order() throws {
        let keys = ["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "c"]
        let relative = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/x"]
        #expect(try source(keys) == .keys(AWSCredentials(accessKey: "a", secretKey: "b", sessionToken: "c")))
        #expect(try source(keys.merging(relative) { $1 }) == source(keys))
        #expect(try source(relative) == .container(.init(url: "http://169.254.170.2/v2/credentials/x", authorization: nil)))
        let full = [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/token", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "t",
        ]
        #expect(
            try source(full) == .container(.init(url: "http://169.254.170.23/v1/credentials", authorization: .file("/token"))))
        // One without the other is a mistake, and no reason to sign with other keys.
        #expect(throws: AWSVariableError.self) { try source(relative.merging(["AWS_ACCESS_KEY_ID": "a"]) { $1 }) }
    }

    @Test(
        "an endpoint by http is one of this machine, or of ECS or EKS",
        arguments: [
            ("http://127.0.0.1:1/a", true), ("http://127.9.9.9/", true), ("http://localhost:80/", true),
            ("http://[::1]:80/", true),
            ("http://169.254.170.2/", true), ("http://169.254.170.23/", true), ("http://[fd00:ec2::23]/v1", true),
            ("https://example.com/", true),
            ("http://169.254.169.254/", false), ("http://169.254.170.3/", false), ("http://10.0.0.1/", false),
            ("http://example.com/", false),
            ("http://[fd00:ec2::254]/", false), ("http://localhost.example.com/", false), ("http://user:x@127.0.0.1/", false),
            ("ftp://127.0.0.1/", false),
            ("127.0.0.1", false), ("http://[::ffff:127.0.0.1]/", false), ("http://0.0.0.0/", false), ("http://128.0.0.1/", false),
        ])
    func fullURI(url: String, isAllowed: Bool) {
        let result = Result { () throws(AWSVariableError) in try source(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]) }
        #expect(((try? result.get()) != nil) == isAllowed)
    }

    @Test("a fault is one line that names the variable, without its value") func faults() {
        let cases: [([String: String], String)] = [
            ([:], "AWS_ACCESS_KEY_ID"), (["AWS_ACCESS_KEY_ID": "sesame"], "AWS_SECRET_ACCESS_KEY"),
            (["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "sesame"], "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
            (["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/@evil.example sesame"], "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
            (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://sesame/"], "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
            (
                ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "sesame\r\nHost: x"],
                "AWS_CONTAINER_AUTHORIZATION_TOKEN"
            ),
        ]
        for (variables, name) in cases {
            do throws(AWSVariableError) {
                _ = try source(variables)
                Issue.record("\(name) passed")
            } catch {
                #expect(error.name == name)
                #expect(!"\(error)".contains("sesame") && !"\(error)".contains("\n"))
            }
        }
    }

    @Test("no description shows a key") func masked() throws {
        let keys = AWSCredentials(accessKey: "sesame1", secretKey: "sesame2", sessionToken: "sesame3", expiry: .now)
        var dumped = ""
        dump(AWSCredentialsSource.keys(keys), to: &dumped)
        dump(keys.signing(region: "r", service: "s"), to: &dumped)
        for text in ["\(keys)", String(reflecting: keys), "\(keys.signing(region: "r", service: "s"))", dumped] {
            #expect(!text.contains("sesame"))
        }
    }
}

@Suite(.serialized) struct AWSCredentialsProviderTests {
    let peer: PeerProcess
    let url: String

    init() throws {
        peer = try PeerProcess("aws_peer")
        url = "http://127.0.0.1:\(try peer.value("credentials"))"
    }

    private func fetches(_ client: HTTPClient) async throws -> Int {
        let response = try await client.send(HTTPClientRequest(url: url + "/count"))
        return try #require(try JSONValue.parse(response.body)["fetches"]?.int64Value.map { Int($0) })
    }

    @Test("many requests at a time cause one fetch, and later ones none until the credentials are old") func once() async throws {
        let (url, suite) = (url, self)
        try await withClient { client in
            nonisolated(unsafe) var time = Timestamp.now
            let provider = client.provider(url + "/role?seconds=3600") { time }
            nonisolated(unsafe) let sender = provider
            nonisolated(unsafe) var keys: Set<String> = []
            let tasks = (0..<50).map { _ in
                client.loop.run { if let fetched = try? await sender.credentials() { keys.insert(fetched.accessKey) } }
            }
            for task in tasks { await task.value }
            #expect(keys == ["TESTKEY1"])
            let fetched = try await provider.credentials()
            #expect(fetched.sessionToken == "token==1")
            // Five minutes before their end they are renewed, and used meanwhile.
            time = time + .seconds(3_400)
            let old = try await provider.credentials()
            #expect(old.accessKey == "TESTKEY1")
            try await eventually(client) {
                time = .now
                return try await provider.credentials().accessKey == "TESTKEY2"
            }
            let count = try await suite.fetches(client)
            #expect(count == 2)
            // Those that are refused are not used: the request waits for others.
            time = .now
            provider.invalidate(try await provider.credentials())
            let next = try await provider.credentials()
            #expect(next.accessKey == "TESTKEY3")
        }
    }

    @Test("a fetch does not end with the deadline of the request that needs it first") func deadline() async throws {
        let (url, suite) = (url, self)
        try await withClient { client in
            let provider = client.provider(url + "/role")
            nonisolated(unsafe) let sender = provider
            nonisolated(unsafe) var keys: [String] = []
            // The endpoint takes longer than the first request has.
            let first = Deadline.$current.withValue(.after(.milliseconds(1))) {
                client.loop.run { _ = try? await sender.credentials() }
            }
            let others = (0..<5).map { _ in
                client.loop.run { if let fetched = try? await sender.credentials() { keys.append(fetched.accessKey) } }
            }
            for task in [first] + others { await task.value }
            #expect(keys == Array(repeating: "TESTKEY1", count: 5))
            let count = try await suite.fetches(client)
            #expect(count == 1)
        }
    }

    @Test("an endpoint that gives the same keys is not asked for each request") func sameKeys() async throws {
        let (url, suite) = (url, self)
        try await withClient { client in
            nonisolated(unsafe) var time = Timestamp.now
            // Within five minutes of their end from the beginning.
            let provider = client.provider(url + "/same?seconds=200") { time }
            func use(_ count: Int) async throws -> Int {
                for _ in 0..<count {
                    _ = try await provider.credentials()
                    try await client.loop.sleep(for: .milliseconds(2))
                }
                return try await suite.fetches(client)
            }
            let first = try await use(50)
            #expect(first == 1)
            time = time + .seconds(31)
            _ = try await use(1)
            try await suite.eventually(client) { try await suite.fetches(client) == 2 }
            let second = try await use(50)
            #expect(second == 2)
        }
    }

    @Test("keys that AWS refuses are asked for again once, and then stay for a while") func refusedAgain() async throws {
        let (url, suite) = (url, self)
        try await withClient { client in
            nonisolated(unsafe) var time = Timestamp.now
            let provider = client.provider(url + "/same") { time }
            for fetches in 2...3 {
                for _ in 0..<20 { provider.invalidate(try await provider.credentials()) }
                _ = try await provider.credentials()
                let count = try await suite.fetches(client)
                #expect(count == fetches)
                time = time + .seconds(31)
            }
        }
    }

    @Test("while the endpoint is away, credentials are used until they expire, and the endpoint gets few requests") func away()
        async throws
    {
        let suite = self
        let server = try PeerProcess("aws_peer")
        let url = "http://127.0.0.1:\(try server.value("credentials"))/role?seconds=3600"
        try await withClient { client in
            nonisolated(unsafe) var time = Timestamp.now
            let provider = client.provider(url) { time }
            let first = try await provider.credentials()
            server.kill()
            time = time + .seconds(3_400)
            for _ in 0..<5 {
                let kept = try await provider.credentials()
                #expect(kept == first)
                try await client.loop.sleep(for: .milliseconds(20))
            }
            time = time + .seconds(190)
            let failure = await awsError { () throws(AWSError) in _ = try await provider.credentials() }
            #expect(failure?.kind == .credentials)
            _ = suite
        }
    }

    @Test("answers that are no credentials", arguments: ["/fail", "/garbage", "/empty", "/role?seconds=-60", "/role?seconds=5"])
    func wrong(path: String) async throws {
        let url = url
        try await withClient { client in
            let provider = client.provider(url + path)
            let failure = await awsError { () throws(AWSError) in _ = try await provider.credentials() }
            #expect(failure?.kind == .credentials)
            #expect(failure?.message.contains("secret") == false)
        }
    }

    @Test("the token is sent, and read again from its file for each fetch") func token() async throws {
        let url = url
        let file = try peer.directory.write("token", "first\n")
        let peer = peer
        try await withClient { client in
            let direct = try await client.provider(url + "/role?token=sesame", .token(Secret("sesame"))).credentials()
            #expect(direct.accessKey == "TESTKEY1")
            let wrong = client.provider(url + "/role?token=sesame", .token(Secret("other")))
            let failure = await awsError { () throws(AWSError) in _ = try await wrong.credentials() }
            #expect(failure?.message == "the endpoint of the credentials answered 403")
            let first = try await client.provider(url + "/role?token=first", .file(file)).credentials()
            #expect(first.accessKey == "TESTKEY3")
            _ = try peer.directory.write("token", "second")
            let second = try await client.provider(url + "/role?token=second", .file(file)).credentials()
            #expect(second.accessKey == "TESTKEY4")
            let missing = client.provider(url + "/role", .file("/nowhere"))
            let noFile = await awsError { () throws(AWSError) in _ = try await missing.credentials() }
            #expect(noFile?.kind == .credentials)
        }
    }

    @Test("botocore's signer makes the same signature, for many requests") func signatures() async throws {
        let verified = "http://127.0.0.1:\(try peer.value("verified"))"
        let url = url
        try await withClient { client in
            var generator = SeededGenerator(seed: 18)
            let keys = AWSCredentials(accessKey: "AKIDSTATIC", secretKey: "static/Secret+Key")
            let fixed = AWSCredentialsProvider(loop: client.loop, source: .keys(keys), client: client, logger: quiet)
            let temporary = client.provider(url + "/role")
            for number in 0..<300 {
                let signer = AWSClient(client: client, provider: number % 2 == 0 ? fixed : temporary)
                let body = generator.bytes(upTo: number % 10 == 0 ? 40_000 : 300)
                let headers = [
                    (name: "Content-Type", value: "application/x-amz-json-1.0"), (name: "X-Amz-Target", value: "A.b\(number)"),
                    (name: "X-Amz-Meta", value: "a  b \(number)"),
                ]
                let region = ["eu-central-1", "us-east-1", "cn-north-1"][number % 3]
                let response = try await signer.post(
                    body, to: verified + "/told", service: ["sns", "sqs", "events"][number % 3], region: region, headers: headers)
                #expect(response.status == 200, "\(response.errorMessage ?? "")")
                let told = try JSONValue.parse(response.body)
                #expect(told["length"]?.int64Value == Int64(body.count))
                #expect((told["token"]?.stringValue == nil) == (number % 2 == 0))
            }
            let wrong = AWSCredentials(accessKey: "AKIDSTATIC", secretKey: "wrong")
            let bad = AWSClient(
                client: client,
                provider: AWSCredentialsProvider(loop: client.loop, source: .keys(wrong), client: client, logger: quiet))
            let response = try await bad.post(
                [], to: verified + "/told", service: "sqs", region: "eu-central-1", headers: [(name: "Content-Type", value: "x")])
            #expect((response.status, response.errorCode) == (403, "InvalidSignatureException"))
            #expect(response.errorMessage == "another signature")
        }
    }

    @Test("credentials that AWS refuses are fetched again") func refused() async throws {
        let refusing = "http://127.0.0.1:\(try peer.value("refusing"))"
        let url = url
        try await withClient { client in
            let provider = client.provider(url + "/role")
            let signer = AWSClient(client: client, provider: provider)
            let before = try await provider.credentials()
            let response = try await signer.post([], to: refusing + "/expired", service: "sqs", region: "r-r-1", headers: [])
            #expect(response.errorCode == "ExpiredTokenException")
            let after = try await provider.credentials()
            #expect(before.accessKey != after.accessKey)
        }
    }

    private func eventually(_ client: HTTPClient, _ condition: () async throws -> Bool) async throws {
        let deadline = TestSupport.Deadline(seconds: 20)
        while !deadline.isOver {
            if try await condition() { return }
            try await client.loop.sleep(for: .milliseconds(10))
        }
        Issue.record("it did not come about")
    }
}
