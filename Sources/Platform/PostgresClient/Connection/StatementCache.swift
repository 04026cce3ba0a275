/// The statements that a connection has prepared, by their text and their parameters' types.
///
/// A name is never used twice on a connection, so that a statement in an unknown state can't be mistaken for another.
struct StatementCache {
    private struct Key: Hashable {
        let sql: String
        let parameters: [PostgresParameters.Parameter]

        static func == (left: Key, right: Key) -> Bool {
            left.sql == right.sql && left.parameters.count == right.parameters.count
                && zip(left.parameters, right.parameters).allSatisfy { $0.type == $1.type }
        }
        func hash(into hasher: inout Hasher) { hasher.combine(sql) }
    }

    private struct Entry {
        let name: UInt32
        var lastUse: UInt64
    }

    /// How to send a statement.
    struct Use: Equatable {
        let name: UInt32
        /// It has to be prepared first.
        let isNew: Bool
        /// The statement that has to make room.
        let evicted: UInt32?
    }

    let capacity: Int
    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0
    private var names: UInt32 = 0

    init(capacity: Int) { self.capacity = max(1, capacity) }

    var count: Int { entries.count }

    /// Finds the statement, or adds it as one that is prepared from now on.
    mutating func use(_ query: PostgresQuery) -> Use {
        uses &+= 1
        let key = Key(sql: query.sql, parameters: query.parameters.list)
        if let index = entries.index(forKey: key) {
            entries.values[index].lastUse = uses
            return Use(name: entries.values[index].name, isNew: false, evicted: nil)
        }
        var evicted: UInt32?
        // A search through all, which is rare: a service has fewer statements than the cache holds.
        if entries.count >= capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
            evicted = oldest.value.name
        }
        names &+= 1
        entries[key] = Entry(name: names, lastUse: uses)
        return Use(name: names, isNew: true, evicted: evicted)
    }

    /// Forgets a statement that could not be prepared, or that the server no longer has.
    mutating func forget(_ name: UInt32) {
        guard let found = entries.first(where: { $0.value.name == name }) else { return }
        entries[found.key] = nil
    }
}
