import FoundationEssentials
import PostgresClient

/// What a search looks for, as PostgreSQL's function `search_plan` understands its terms.
struct SearchPlan: Equatable, Sendable {
    /// The words with their stems and synonyms, as text of a `tsquery`; empty where the search has no word: it finds nothing.
    var query = ""
    /// All words in their order, folded; nil where words are excluded or one of several is enough.
    var whole: String?
    /// Whether so many products have the words that only the best sold and the newest ones are looked through.
    var isCommon = false
    /// Whether so many names have the words.
    var isCommonName = false
    /// The products with the search as a SKU.
    var skus: [UUID] = []
    /// The products with a SKU that begins with the search.
    var skuPrefixes: [UUID] = []
    /// The path of the shop's page that the search leads to.
    var redirect: String?
    /// The search with its words spelled right, if it had none that any product has.
    var correctedQuery: String?

    /// Whether the search looks like a beginning of a SKU, which has a digit. Otherwise products that are named so come first.
    var isLikeSKU: Bool { whole?.utf8.contains { (0x30...0x39).contains($0) } ?? false }
}

extension CatalogStore {
    /// Reads what a search looks for. Where no product has one of its words, and there is a word like it, that word is looked
    /// for.
    func searchPlan(_ filter: ProductFilter) async throws -> SearchPlan? {
        guard let terms = filter.terms else { return nil }
        let answer = try await searchPlan(terms.encoded)
        guard !answer.unknown.isEmpty, answer.plan.skus.isEmpty, answer.plan.skuPrefixes.isEmpty else { return answer.plan }
        var corrected = terms.encoded
        for unknown in answer.unknown.prefix(Self.maximumCorrections) {
            guard corrected.indices.contains(unknown.term), let word = try await spelling(of: unknown.word) else {
                return answer.plan
            }
            let words = answer.cleaned[unknown.term].split(separator: " ").map { $0 == unknown.word ? word : String($0) }
            corrected[unknown.term] = String(corrected[unknown.term].unicodeScalars.prefix(1)) + words.joined(separator: " ")
        }
        var plan = try await searchPlan(corrected).plan
        plan.correctedQuery = SearchTerms.text(encoded: corrected)
        return plan
    }

    /// How many words of a search are corrected at most.
    private static let maximumCorrections = 3

    /// A plan, the folded terms, and the words that no product has, each with the index of its term.
    private struct PlanAnswer {
        var plan = SearchPlan()
        var cleaned: [String] = []
        var unknown: [(term: Int, word: String)] = []
    }

    private func searchPlan(_ terms: [String]) async throws -> PlanAnswer {
        let rows = try await readRequested(
            """
            SELECT query, whole, is_common, is_common_name, skus, sku_prefixes, redirect, cleaned, unknown_terms, unknown_words \
            FROM search_plan(\(terms))
            """)
        guard let row = rows.first else { return PlanAnswer() }
        var answer = PlanAnswer()
        answer.plan = SearchPlan(
            query: try row[0, as: String?.self] ?? "", whole: try row[1], isCommon: try row[2], isCommonName: try row[3],
            skus: try row[4], skuPrefixes: try row[5], redirect: try row[6])
        answer.cleaned = try row[7]
        let (indices, words): ([Int32], [String]) = (try row[8], try row[9])
        answer.unknown = zip(indices, words).map { (Int($0) - 1, $1) }.filter { answer.cleaned.indices.contains($0.term) }
        return answer
    }

    /// The most frequent of the words that a word may be a misspelling of.
    private func spelling(of word: String) async throws -> String? {
        let typos = Spelling.maximumTypos(word)
        guard typos > 0 else { return nil }
        let scalars = Array(word.unicodeScalars)
        func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars)
            return String(view)
        }
        // One typo leaves one of the two ends as it is. Where there may be two, three neighbouring letters somewhere are left.
        let half = (scalars.count - 1) / 2
        let (start, end) = (text(scalars.prefix(half)), text(scalars.suffix(half).reversed()))
        let rows = try await readRequested(
            """
            SELECT word, products FROM ((SELECT word, products FROM search_word WHERE is_spelled AND word >= \(start) \
            AND word < \(start + "\u{10FFFF}") AND char_length(word) BETWEEN \(literal: scalars.count - typos) \
            AND \(literal: scalars.count + typos) ORDER BY products DESC LIMIT 500) UNION \
            (SELECT word, products FROM search_word WHERE is_spelled AND reverse(word) COLLATE "C" >= \(end) \
            AND reverse(word) COLLATE "C" < \(end + "\u{10FFFF}") AND char_length(word) BETWEEN \(literal: scalars.count - typos) \
            AND \(literal: scalars.count + typos) ORDER BY products DESC LIMIT 500) UNION \
            (SELECT word, products FROM search_word WHERE is_spelled AND word % \(word) AND \(typos > 1) \
            ORDER BY similarity(word, \(word)) DESC LIMIT 100)) w
            """)
        var candidates: [(word: String, products: Int)] = []
        for row in rows { candidates.append((try row[0], Int(try row[1, as: Int32.self]))) }
        return Spelling.best(of: candidates, for: word)
    }
}
