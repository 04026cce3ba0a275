/// What is known of clients, so many of them and no more: a pure value.
///
/// Two generations: who comes is in the young one; when that holds half of all, it becomes the old one, and those of the old one
/// that did not come meanwhile are forgotten. Costs no list of who came when.
struct ClientTable<Value> {
    private let half: Int
    private var young: [String: Value] = [:]
    private var old: [String: Value] = [:]

    init(capacity: Int) { half = max(1, capacity / 2) }

    var count: Int { young.count + old.count }

    /// Changes what is known of a client.
    /// - Parameter fresh: what is known of one that is not
    mutating func update<Result>(
        _ client: String, default fresh: @autoclosure () -> Value, _ body: (inout Value) -> Result
    ) -> Result {
        if let index = young.index(forKey: client) { return body(&young.values[index]) }
        var value = old.removeValue(forKey: client) ?? fresh()
        let result = body(&value)
        if young.count >= half {
            old = young
            young = [:]
        }
        young[client] = value
        return result
    }
}
