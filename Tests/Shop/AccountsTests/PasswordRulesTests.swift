import CCommonPasswords
import Testing

@testable import Accounts

/// Which passwords are refused.
@Suite("Password rules")
struct PasswordRulesTests {
    private func fault(_ password: String, _ words: [String] = []) -> String? { PasswordRules.fault(of: password, words: words) }

    @Test("every common password is found, in any case and with digits and signs around it, and their neighbours are not")
    func common() {
        var count = 0
        let file = UnsafeBufferPointer(start: common_passwords(&count), count: count)
        let words = file.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        #expect(words.count > 3_000)
        let known = Set(words)
        for word in words {
            #expect(CommonPasswords.contains(word))
            #expect(fault(word.uppercased()) != nil)
            for other in [word + "~", "!" + word, String(word.dropLast())] {
                #expect(CommonPasswords.contains(other) == known.contains(other))
            }
        }
        for password in ["Password1!", "#password#", "12password99"] { #expect(fault(password) != nil, "\(password)") }
        for text in ["", "\n", "a\nb", words.joined(separator: "\n")] { #expect(!CommonPasswords.contains(text)) }
    }

    @Test("8 to 128 characters of any kind are taken as they are")
    func length() {
        #expect(fault("zq8#Kd!") != nil && fault("zq8#Kd!x") == nil)
        #expect(fault(String(repeating: "ö🦆", count: 64)) == nil && fault(String(repeating: "ö🦆", count: 64) + "x") != nil)
        #expect(fault("two words and  more ") == nil && fault("ключ от дома") == nil)
        // A composed and a decomposed letter are one password, and nothing else is changed.
        #expect(PasswordRules.bytes(of: "o\u{308}bst im garten") == PasswordRules.bytes(of: "öbst im garten"))
        #expect(PasswordRules.bytes(of: " a ") != PasswordRules.bytes(of: "a"))
    }

    @Test("the names of the shop and of the mailbox are refused")
    func words() {
        let words = PasswordRules.words(email: "ada.moss@example.com", shop: "Fern & Alder")
        for password in ["ada.moss", "Ada.Moss123", "FernAlder!", "fern & alder", "ada.moss@example.com"] {
            #expect(fault(password, words) != nil, "\(password)")
        }
        #expect(fault("ferns and alders", words) == nil)
    }
}
