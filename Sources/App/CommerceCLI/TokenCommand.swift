import ArgumentParser
import CatalogImport
import Configuration
import Formats
import Glibc
import JWT

/// `commerce token`
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Checks access tokens.", subcommands: [TokenVerifyCommand.self])
}

/// `commerce token verify`
struct TokenVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verifies a token on standard input, and prints its claims.",
        discussion: """
            Without options, the token must be an access token of this shop: signed with JWT_SECRET or JWT_SECRET_PREVIOUS, with \
            the issuer and the audience of the settings, and not expired.

            Exit codes: 0 the token is valid, and its claims are printed; 1 it is not, and the reason is printed; 64 wrong usage; 66 a \
            file cannot be read; 78 invalid configuration.
            """)

    @Option(help: "A file with a key (JWK, RFC 7517) that replaces the keys of the settings.")
    var jwk: String?

    @Flag(help: "Check the signature only, not the claims. The payload is printed as it is.")
    var signatureOnly = false

    /// More than any token has, and its line's end.
    private static let longest = JSONWebSignature.longest + 2

    func run() throws {
        let settings = try settings()
        let keys = try jwk.map { [try Self.key($0)] } ?? settings.keys
        guard !keys.isEmpty else {
            throw CommandError(.configuration, "JWT_SECRET is not set or has fewer than 32 bytes; --jwk takes a key from a file")
        }
        let text = try Self.readToken()
        do throws(JWTError) {
            let payload: [UInt8]
            if signatureOnly {
                let token = try JSONWebSignature(text)
                try JSONWebKey.verify(token, with: keys)
                payload = token.payload
            } else {
                _ = try settings.rules.verify(text, keys: keys, at: Int64(clamping: time(nil)))
                payload = try JSONWebSignature(text).payload
            }
            Terminal.say(String(decoding: payload, as: UTF8.self))
        } catch {
            throw CommandError(.failure, error.description)
        }
    }

    private func settings() throws -> TokenSettings {
        do {
            return try TokenSettings.load(from: Environment.variables)
        } catch {
            throw CommandError(.configuration, error.description)
        }
    }

    private static func key(_ path: String) throws -> JSONWebKey {
        let bytes = try read(path, atMost: 65_536)
        do {
            return try JSONWebKey(JSONValue.parse(bytes))
        } catch let error as JWTError {
            throw CommandError(.failure, error.description)
        } catch {
            throw CommandError(.failure, "the file of the key is not valid JSON: \(error)")
        }
    }

    /// Standard input without the end of its line.
    private static func readToken() throws -> ArraySlice<UInt8> {
        var text = try read("-", atMost: longest)[...]
        if text.last == UInt8(ascii: "\n") { text.removeLast() }
        if text.last == UInt8(ascii: "\r") { text.removeLast() }
        return text
    }

    /// The bytes of a file or of standard input. More than `limit` are cut off soon after it.
    private static func read(_ path: String, atMost limit: Int) throws -> [UInt8] {
        do {
            let file = try ImportFile(path)
            var bytes: [UInt8] = []
            while bytes.count <= limit {
                let part = try file.next()
                if part.isEmpty { break }
                bytes.append(contentsOf: part)
            }
            return bytes
        } catch {
            throw CommandError(.noInput, error.description)
        }
    }
}
