import Testing

@testable import Passwords

/// Hashes of passwords.
@Suite("Password hashes")
struct PasswordHashTests {
    /// Cheap, for tests of what does not depend on the cost.
    private static let cheap = ScryptParameters(log2N: 4, r: 1, p: 1)

    @Test("scrypt is that of RFC 7914, section 12")
    func vectors() throws {
        let vectors: [(String, String, ScryptParameters, String)] = [
            (
                "password", "NaCl", ScryptParameters(log2N: 10, r: 8, p: 16),
                "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
            ),
            (
                "pleaseletmein", "SodiumChloride", ScryptParameters(log2N: 14, r: 8, p: 1),
                "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
            ),
        ]
        for (password, salt, parameters, hex) in vectors {
            let derived = try parameters.derive(Array(password.utf8), salt: Array(salt.utf8), length: 64)
            #expect(derived.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == hex)
        }
    }

    @Test("a hash matches its password alone, every byte of it counts, and two hashes of one password differ")
    func matching() throws {
        let password = Array("correct horse battery staple".utf8)
        let hash = try PasswordHash(of: password, Self.cheap)
        #expect(try hash.matches(password))
        for index in password.indices {
            var other = password
            other[index] ^= 1
            #expect(try !hash.matches(other))
        }
        // Not with a zero byte at its end: HMAC pads its key with zeros (RFC 2104 section 2), and no text of JSON here can have one.
        #expect(try !hash.matches(password + [1]) && !hash.matches(Array(password.dropLast())) && !hash.matches([]))
        #expect(try PasswordHash(of: password, Self.cheap).text != hash.text)
    }

    @Test("the text of a hash can be read again, and tells its parameters")
    func text() throws {
        let password = Array("correct horse battery staple".utf8)
        let hash = try PasswordHash(of: password)
        #expect(hash.text.hasPrefix("$scrypt$ln=15,r=8,p=3$") && hash.parameters == .current)
        let read = try #require(PasswordHash(hash.text))
        #expect(read == hash)
        #expect(try read.matches(password))
        #expect(!"\(hash)".contains("$") && !String(reflecting: hash).contains("$"))
        var dumped = ""
        dump(hash, to: &dumped)
        #expect(!dumped.contains("["))
    }

    @Test(
        "a damaged text is no hash",
        arguments: [
            "", "$", "$scrypt$", "plain", "$scrypt$ln=15,r=8,p=3$AAAA$", "$scrypt$ln=15,r=8,p=3$$AAAA",
            "$scrypt$ln=99,r=8,p=3$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "$scrypt$ln=0,r=8,p=3$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "$scrypt$ln=15,r=8,p=03$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "$scrypt$ln=15,r=8,p=3,x=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "$argon2id$ln=15,r=8,p=3$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ])
    func damaged(text: String) {
        #expect(PasswordHash(text) == nil)
    }
}
