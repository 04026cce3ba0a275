import Web

/// What a write to a cart may do, decided under the cart's lock.
enum CartRules {
    /// The greatest quantity of a line.
    static let maximumQuantity = 999
    /// How many lines a cart can have.
    static let maximumLines = 100

    /// A cart that can be written to, or the problem with it.
    /// - Parameters:
    ///   - version: the cart's
    ///   - expected: what the caller will write to (If-Match), nil for any; only the version of a tag counts
    static func checkWritable(status: CartStatus, version: Int64, expected: EntityTagCondition?) throws(Problem) {
        switch status {
        case .active: break
        case .converted: throw .cartConverted
        case .merged, .expired: throw Problem.conflict("cart_\(status.rawValue)", "The cart is \(status.rawValue); make a new one.")
        }
        if let expected, !expected.holds(forVersion: version) { throw .preconditionFailed }
    }

    /// The quantity after an add.
    /// - Parameters:
    ///   - present: that of the line, nil where there is none yet
    ///   - lines: how many the cart has
    ///   - maximum: the most that an order can have of the variant
    static func adding(
        _ count: Int, to present: Int?, lines: Int, atMost maximum: Int = maximumQuantity
    ) throws(Problem) -> Int {
        let (sum, overflow) = (present ?? 0).addingReportingOverflow(count)
        try checkQuantity(overflow ? Int.max : sum, atMost: maximum, present: present)
        try checkRoom(present: present, lines: lines)
        return sum
    }

    /// Whether a line can have so many.
    /// - Parameters:
    ///   - maximum: the most that an order can have of the variant
    ///   - present: how many the cart has
    static func checkQuantity(_ quantity: Int, atMost maximum: Int, present: Int?) throws(Problem) {
        let maximum = min(maximum, maximumQuantity)
        guard quantity <= maximum else {
            throw .invalid("/quantity", "a line can have at most \(maximum) of this; the cart has \(present ?? 0)")
        }
    }

    /// Whether there is room for the line.
    static func checkRoom(present: Int?, lines: Int) throws(Problem) {
        guard present != nil || lines < maximumLines else {
            throw .invalid("/sku", "a cart can have at most \(maximumLines) lines")
        }
    }
}

extension Problem {
    /// The cart has become an order.
    static let cartConverted = Problem.conflict("cart_converted", "An order was placed from this cart; make a new one.")
}
