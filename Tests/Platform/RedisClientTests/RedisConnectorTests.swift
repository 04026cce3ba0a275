import EventLoop
import Testing

@testable import RedisClient

@Suite struct RedisConnectorTests {
    private final class Owner: TransportOwner {
        func transportOpened() {}
        func transportReceived(_ bytes: UnsafeRawBufferPointer) {}
        func transportFailed(_ error: RedisError) {}
    }

    @Test func aLaterAttemptReplacesTheEarlierOneAndUsesItsLookup() async throws {
        try await onLoop { loop in
            let connector = RedisConnector(loop: loop, configuration: RedisConfiguration(host: "127.0.0.1"))
            let owner = Owner()
            var isFirst = false
            connector.prepare(for: owner) { _ in isFirst = true }
            let done = Promise<Bool>(on: loop)
            connector.prepare(for: owner) { result in
                if case .success = result { done.succeed(true) } else { done.succeed(false) }
            }
            let isPrepared = try await done.value()
            #expect(isPrepared)
            #expect(!isFirst)
        }
    }

    @Test func anAttemptFailsForAHostWithoutAddressAndForAMissingAuthorityFile() async throws {
        var missing = RedisConfiguration(host: "127.0.0.1")
        missing.tls = RedisTLSOptions()
        missing.tls?.authorityFile = "/nothing/here.pem"
        for configuration in [RedisConfiguration(host: "host.invalid"), missing] {
            try await onLoop { loop in
                let connector = RedisConnector(loop: loop, configuration: configuration)
                let owner = Owner()
                let done = Promise<RedisError.Code?>(on: loop)
                connector.prepare(for: owner) { result in
                    if case .failure(let error) = result { done.succeed(error.code) } else { done.succeed(nil) }
                }
                let code = try await done.value()
                #expect(code == .connectFailed)
            }
        }
    }
}
