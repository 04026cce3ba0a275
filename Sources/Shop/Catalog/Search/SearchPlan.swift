import FoundationEssentials
import PostgresClient

/// What a search looks for, as PostgreSQL's function `search_query` understands its terms.
struct SearchPlan: Equatable, Sendable {
    /// One wording of a search.
    struct Wording: Equatable, Sendable {
        /// The words with their stems and synonyms, as text of a `tsquery`; empty where the search has no word: it finds nothing.
        var query = ""
        /// All words in their order, folded; nil where words are excluded or one of several is enough.
        var whole: String?
        /// Whether so many products have the words that only the best sold and the newest ones are ranked.
        var isCommon = false
        /// Whether so many names have the words.
        var isCommonName = false
        /// Whether more products have the words than a total counts.
        var isMany = false
        /// The products with the search as a SKU.
        var skus: [UUID] = []
        /// The products with a SKU that begins with the search.
        var skuPrefixes: [UUID] = []
        /// The products with one of several words as a SKU. They come last, since the word may be a number.
        var mentioned: [UUID] = []

        /// Whether each of its words is looked for among the most important ones only, which are those of names.
        var isOfNames: Bool {
            // Each word stands between two apostrophes, and has none.
            let parts = query.split(separator: "'", omittingEmptySubsequences: false)
            return parts.count > 1 && stride(from: 2, to: parts.count, by: 2).allSatisfy { parts[$0].hasPrefix(":A") }
        }

        /// Whether the search looks like a beginning of a SKU, which has a digit. Otherwise products that are named so come first.
        var isLikeSKU: Bool { whole?.utf8.contains { (0x30...0x39).contains($0) } ?? false }
    }

    /// The search as it was typed; then, where few products have one of its words, with that word spelled as more products have it.
    /// What matches an earlier wording comes before what matches only a later one.
    private(set) var wordings: [Wording]
    /// The category and the facets of the filter as a part of a `tsquery`; nil where it has none.
    let filters: String?
    /// The path of the shop's page that the search leads to.
    private(set) var redirect: String?
    /// The text of the second wording.
    private(set) var correctedQuery: String?

    init(_ typed: Wording, filters: String?, redirect: String?) {
        wordings = [typed]
        self.filters = filters
        self.redirect = redirect
    }

    mutating func correct(_ text: String?, _ corrected: Wording, redirect: String?) {
        wordings.append(corrected)
        correctedQuery = text
        self.redirect = self.redirect ?? redirect
    }

    /// The words of any wording, as text of a `tsquery`.
    var words: String { wordings.map(\.query).filter { !$0.isEmpty }.joined(separator: " | ") }
    /// What matches any wording and the filters, as text of a `tsquery`.
    var query: String {
        guard let filters, !words.isEmpty else { return words }
        return "(\(words)) & \(filters)"
    }
    /// Whether only names can match: all its words are so common in texts that they carry no meaning.
    var isOfNames: Bool { wordings.allSatisfy(\.isOfNames) }
    /// Whether a wording is common.
    var isCommon: Bool { wordings.contains(where: \.isCommon) }
    /// Whether more products match than a total counts.
    var isMany: Bool { wordings.contains(where: \.isMany) }
    /// The products with a wording as a SKU.
    var skus: [UUID] { wordings.flatMap(\.skus) }
    /// The products with a SKU that begins with a wording or is one of its words.
    var skuPrefixes: [UUID] { wordings.flatMap { $0.skuPrefixes + $0.mentioned } }
}

extension CatalogStore {
    /// Reads what a search looks for. Where few products have one of its words, and there is a word like it that more have, that word
    /// is looked for, too.
    func searchPlan(_ filter: ProductFilter) async throws -> SearchPlan? {
        guard let terms = filter.terms else { return nil }
        let typed = try await wording(terms.encoded, filter)
        var plan = SearchPlan(typed.wording, filters: typed.filters, redirect: typed.redirect)
        guard plan.skus.isEmpty, plan.skuPrefixes.isEmpty, let encoded = try await correction(of: terms.encoded, typed) else {
            return plan
        }
        let corrected = try await wording(encoded, filter)
        // A word that is found alone may not be found beside the others.
        if encoded.count > 1, !corrected.wording.isCommon, try await !isFound(corrected.wording) { return plan }
        plan.correct(SearchTerms.text(encoded: encoded), corrected.wording, redirect: corrected.redirect)
        return plan
    }

    /// How many words of a search are corrected at most.
    private static let maximumCorrections = 3

    /// A wording with what else PostgreSQL tells of it.
    private struct WordingAnswer {
        var wording = SearchPlan.Wording()
        var filters: String?
        var redirect: String?
        /// The folded terms.
        var cleaned: [String] = []
        /// The words that few products have, each with the index of its term and about how many have it; 0: none.
        var rare: [(term: Int, word: String, products: Int)] = []
    }

    private func wording(_ terms: [String], _ filter: ProductFilter) async throws -> WordingAnswer {
        let facets = filter.facets.choices.flatMap { $0.words + [""] }
        let rows = try await readRequested(
            """
            SELECT query, whole, is_common, is_common_name, is_many, skus, sku_prefixes, redirect, cleaned, rare_terms, rare_words, \
            rare_products, mentioned, filters FROM search_query(\(terms), \(facets), \(filter.category as String?))
            """)
        guard let row = rows.first else { return WordingAnswer() }
        var answer = WordingAnswer()
        answer.wording = SearchPlan.Wording(
            query: try row[0, as: String?.self] ?? "", whole: try row[1], isCommon: try row[2], isCommonName: try row[3],
            isMany: try row[4], skus: try row[5], skuPrefixes: try row[6],
            mentioned: try row[12])
        answer.filters = try row[13]
        answer.redirect = try row[7]
        answer.cleaned = try row[8]
        let (terms, words, products): ([Int32], [String], [Int32]) = (try row[9], try row[10], try row[11])
        for ((term, word), products) in zip(zip(terms, words), products)
        where answer.cleaned.indices.contains(Int(term) - 1) {
            answer.rare.append((Int(term) - 1, word, Int(products)))
        }
        return answer
    }

    /// The terms with their rare words spelled as more products have them; nil where that changes nothing, or where a word that no
    /// product has stays.
    private func correction(of terms: [String], _ answer: WordingAnswer) async throws -> [String]? {
        var corrected = terms
        for rare in answer.rare.prefix(Self.maximumCorrections) {
            guard let word = try await spelling(of: rare.word, products: rare.products) else {
                if rare.products == 0 { return nil }
                continue
            }
            guard corrected.indices.contains(rare.term) else { return nil }
            let words = answer.cleaned[rare.term].split(separator: " ").map { $0 == rare.word ? word : String($0) }
            corrected[rare.term] = String(corrected[rare.term].unicodeScalars.prefix(1)) + words.joined(separator: " ")
        }
        return corrected == terms ? nil : corrected
    }

    private func isFound(_ wording: SearchPlan.Wording) async throws -> Bool {
        guard !wording.query.isEmpty else { return false }
        let rows = try await readRequested(
            "SELECT EXISTS (SELECT FROM search_product x WHERE x.words @@ \(wording.query)::tsquery)")
        return try rows.first?[0] ?? false
    }

    /// The most frequent of the words that a word may be a misspelling of.
    private func spelling(of word: String, products: Int) async throws -> String? {
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
        return Spelling.best(of: candidates, for: word, products: products)
    }
}
