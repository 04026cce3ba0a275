/// Which word was meant where a search has one that no product has, or only few.
enum Spelling {
    /// How many typos a word may have: a short word is near too many others.
    static func maximumTypos(_ word: String) -> Int {
        switch word.unicodeScalars.count {
        case ..<4: 0
        case ..<8: 1
        case ...64: 2
        default: 0
        }
    }

    /// How many times as many products must have the right spelling as have the word itself.
    static let minimumRatio = 10

    /// The word with the fewest typos; of several the most frequent one, and then the first by its letters.
    ///
    /// A word that some products have is probably meant as it is. Another one is taken only if far more products have it and it begins
    /// with the same letter, where people rarely err (Yannakoudakis and Fawthrop, "The rules of spelling errors", 1983).
    /// - Parameter products: how many products have the word itself
    static func best(
        of candidates: [(word: String, products: Int)], for word: String, products: Int = 0
    ) -> String? {
        let limit = maximumTypos(word)
        let letters = Array(word.unicodeScalars)
        let product = products.multipliedReportingOverflow(by: minimumRatio)
        let minimum = product.overflow ? .max : product.partialValue
        var best: (word: String, typos: Int, products: Int)?
        for candidate in candidates {
            if products > 0, candidate.products < minimum || candidate.word.unicodeScalars.first != letters.first { continue }
            let typos = distance(letters, Array(candidate.word.unicodeScalars), limit: limit)
            guard typos > 0, typos <= limit else { continue }
            if let known = best,
                (known.typos, -known.products, known.word) <= (typos, -candidate.products, candidate.word)
            {
                continue
            }
            best = (candidate.word, typos, candidate.products)
        }
        return best?.word
    }

    /// How many letters are wrong, missing, in excess, or swapped with their neighbour (optimal string alignment); more than
    /// `limit` where it is more.
    static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar], limit: Int) -> Int {
        guard abs(left.count - right.count) <= limit else { return limit + 1 }
        var (before, last) = ([Int](), Array(0...right.count))
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let isSame = left[row] == right[column]
                var typos = min(last[column] + (isSame ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    typos = min(typos, before[column - 1] + 1)
                }
                current.append(typos)
            }
            guard current.contains(where: { $0 <= limit }) else { return limit + 1 }
            (before, last) = (last, current)
        }
        return last.last ?? 0
    }
}
