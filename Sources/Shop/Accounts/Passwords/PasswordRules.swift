import CCommonPasswords
import Formats

/// Which passwords an account can have (OWASP ASVS 5.0, 6.2): 8 to 128 characters of any kind, none that is common, and not the name of
/// the shop or of the mailbox. There are no rules of composition.
package enum PasswordRules {
    /// In Unicode scalars.
    package static let length = 8...128

    /// What is wrong with a password; nil for a good one.
    /// - Parameter words: words that the password may not consist of, such as the shop's name and the mailbox's
    package static func fault(of password: String, words: [String]) -> String? {
        let count = password.unicodeScalars.count
        guard length.contains(count) else { return "must have \(length.lowerBound) to \(length.upperBound) characters" }
        let lower = password.lowercased()
        let core = String(lower.unicodeScalars.trimmed { !$0.properties.isAlphabetic })
        if CommonPasswords.contains(lower) || (core.unicodeScalars.count >= length.lowerBound && CommonPasswords.contains(core)) {
            return "is among the most common passwords, which are tried first"
        }
        for word in words.map({ $0.lowercased() }) where word.unicodeScalars.count >= 3 {
            if lower.utf8.elementsEqual(word.utf8) || core.utf8.elementsEqual(word.utf8) {
                return "must not be the name of the shop or of the mailbox"
            }
        }
        return nil
    }

    /// The bytes that are hashed: the text in NFC, since keyboards differ in how they compose letters.
    package static func bytes(of password: String) -> [UInt8] { Array(password.composed.utf8) }

    /// The words that depend on the person and the shop.
    package static func words(email: String, shop: String) -> [String] {
        let local = email.split(separator: "@").first.map(String.init) ?? ""
        return [email, local, shop, String(shop.unicodeScalars.filter { $0.properties.isAlphabetic })]
    }
}

extension String.UnicodeScalarView {
    /// Without the scalars at both ends that the condition holds for.
    fileprivate func trimmed(_ condition: (Unicode.Scalar) -> Bool) -> SubSequence {
        var rest = self[...]
        while let first = rest.first, condition(first) { rest.removeFirst() }
        while let last = rest.last, condition(last) { rest.removeLast() }
        return rest
    }
}

/// The most common passwords, of PyPI's zxcvbn (Sources/Shop/CCommonPasswords): in lower case, of at least 8 characters.
enum CommonPasswords {
    /// Whether the text, in lower case, is one of them.
    static func contains(_ text: String) -> Bool {
        var count = 0
        let file = UnsafeBufferPointer(start: common_passwords(&count), count: count)
        let word = Array(text.utf8)
        guard !word.contains(lineEnd) else { return false }
        // The lines are in the order of their bytes: halve what is left, from the line that the middle is in.
        var (low, high) = (0, file.count)
        while low < high {
            var start = low + (high - low) / 2
            while start > low, file[start - 1] != lineEnd { start -= 1 }
            let end = file[start..<high].firstIndex(of: lineEnd) ?? high
            let line = file[start..<end]
            if line.elementsEqual(word) { return true }
            if (Array(line) + [lineEnd]).lexicographicallyPrecedes(word + [lineEnd]) { low = end + 1 } else { high = start }
        }
        return false
    }

    private static let lineEnd = UInt8(ascii: "\n")
}
