import Testing

@testable import RedisClient

@Suite struct HandshakeTests {
    private func configuration() -> RedisConfiguration {
        var configuration = RedisConfiguration(host: "cache")
        configuration.password = "hunter2"
        return configuration
    }

    @Test func itSendsTheConfigurationAndAlwaysAPing() {
        var configuration = RedisConfiguration(host: "cache")
        #expect(Handshake(configuration).commands == [["PING"]])
        configuration.password = "p"
        #expect(Handshake(configuration).commands == [["AUTH", "p"], ["PING"]])
        configuration.user = "u"
        configuration.database = 2
        configuration.clientName = "shop"
        #expect(
            Handshake(configuration).commands
                == [["AUTH", "u", "p"], ["SELECT", .integer(2)], ["CLIENT", "SETNAME", "shop"], ["PING"]])
    }

    @Test func itIsReadyOnceEverythingIsAccepted() {
        var configuration = configuration()
        configuration.database = 2
        configuration.clientName = "shop"
        var handshake = Handshake(configuration)
        let login = handshake.receive(.status("OK"))
        #expect(login == .unfinished)
        let database = handshake.receive(.status("OK"))
        #expect(database == .unfinished)
        let name = handshake.receive(.error("NOPERM no names here"))
        #expect(name == .unfinished)
        let probe = handshake.receive(.status("PONG"))
        #expect(probe == .ready)
        let surplus = handshake.receive(.status("PONG"))
        #expect(surplus != .ready)
    }

    @Test func aRefusalNeverRepeatsTheServersMessageAboutThePassword() {
        let messages = [
            "ERR unknown command `AUTH`, with args beginning with: `hunter2`", "WRONGPASS hunter2",
            "ERR invalid password hunter2",
            "LOADING hunter2", "ERR max number of clients reached hunter2",
            "ERR AUTH <password> called without any password configured hunter2", "hunter2", "",
        ]
        for message in messages {
            var handshake = Handshake(configuration())
            guard case .refused(let error) = handshake.receive(.error(message)) else {
                #expect(Bool(false), "\(message) is a refusal")
                continue
            }
            #expect(!error.description.contains("hunter2"))
        }
    }

    @Test func aReplyOfAnotherTypeIsRefused() {
        for reply in [RedisValue.null, .integer(1), .string([]), .status("PONG"), .status(""), .array([])] {
            var handshake = Handshake(configuration())
            guard case .refused = handshake.receive(reply) else {
                #expect(Bool(false), "\(reply) is no answer to AUTH")
                continue
            }
        }
        let plain = RedisConfiguration(host: "cache")
        for (message, code) in [("NOAUTH log in", RedisError.Code.authenticationFailed), ("LOADING data", .connectFailed)] {
            var handshake = Handshake(plain)
            let outcome = handshake.receive(.error(message))
            #expect(outcome == .refused(RedisError(code, message)))
        }
    }
}
