/// Work in flight and waiting work, by client, and which is next: a pure value.
///
/// The next place goes to the client with the least work in flight. Shares are therefore max-min fair (Bertsekas and Gallager, "Data
/// Networks" §6.5.2): a client that needs less than an even share gets all it needs, and the others share the rest evenly. When
/// the queue is full, the client with the most waiting work loses its oldest. Only clients with work are known, so their number is
/// bounded by that of the requests.
struct FairQueue: Sendable {
    struct Entry: Sendable, Equatable {
        let id: UInt64
        let client: String
        let arrived: UInt64
    }

    private struct Client {
        let name: String
        var inFlight = 0
        /// In order of arrival.
        var waiting: [Entry] = []
        /// The round in which it was last served.
        var served: UInt64 = 0
    }

    private var clients: [Client] = []
    private var places: [String: Int] = [:]
    private var round: UInt64 = 0
    private(set) var inFlight = 0
    private(set) var waiting = 0

    /// The number of known clients.
    var clientCount: Int { clients.count }

    func inFlight(of client: String) -> Int { places[client].map { clients[$0].inFlight } ?? 0 }

    /// The client has begun one piece of work.
    mutating func begin(_ client: String) {
        clients[place(of: client)].inFlight += 1
        inFlight += 1
    }

    /// The client has finished one piece of work.
    mutating func end(_ client: String) {
        guard let place = places[client], clients[place].inFlight > 0 else { return }
        clients[place].inFlight -= 1
        inFlight -= 1
        forget(place)
    }

    /// Adds waiting work.
    /// - Returns: the work that has to leave, where more than `capacity` would wait; it may be the work just added.
    mutating func enqueue(_ entry: Entry, capacity: Int) -> Entry? {
        clients[place(of: entry.client)].waiting.append(entry)
        waiting += 1
        guard waiting > capacity, let most = clients.indices.max(by: { clients[$0].waiting.count < clients[$1].waiting.count })
        else { return nil }
        return take(0, of: most)
    }

    /// Whether new work of this client would displace itself or other work of the client, with at most `capacity` waiting.
    func isFull(for client: String, capacity: Int) -> Bool {
        guard waiting >= capacity else { return false }
        let own = (places[client].map { clients[$0].waiting.count } ?? 0) + 1
        return clients.allSatisfy { $0.waiting.count <= own }
    }

    /// Takes the work that begins now, and counts it as in flight; nil where none waits.
    mutating func next(newestFirst: Bool) -> Entry? {
        var best: Int?
        for index in clients.indices where !clients[index].waiting.isEmpty {
            guard let other = best else { best = index; continue }
            let (one, two) = (clients[index], clients[other])
            if (one.inFlight, one.served) < (two.inFlight, two.served) { best = index }
        }
        guard let best else { return nil }
        round += 1
        clients[best].served = round
        clients[best].inFlight += 1
        inFlight += 1
        return take(newestFirst ? clients[best].waiting.count - 1 : 0, of: best)
    }

    func knows(_ client: String) -> Bool { places[client] != nil }

    /// Removes all work that arrived up to `instant`, or up to `modest` for clients with less than `share` in flight.
    mutating func removeArrived(upTo instant: UInt64, modest: UInt64, share: Int) -> [Entry] {
        var removed: [Entry] = []
        for index in clients.indices.reversed() {
            let instant = clients[index].inFlight < share ? modest : instant
            while let first = clients[index].waiting.first, first.arrived <= instant {
                removed.append(take(0, of: index))
                // With its last entry the client is removed, and one that was checked before may take its place.
                if index >= clients.count { break }
            }
        }
        return removed
    }

    /// Removes cancelled work; false where it no longer waits.
    mutating func abandon(_ entry: Entry) -> Bool {
        guard let place = places[entry.client], let index = clients[place].waiting.firstIndex(of: entry) else { return false }
        _ = take(index, of: place)
        return true
    }

    private mutating func take(_ index: Int, of place: Int) -> Entry {
        let entry = clients[place].waiting.remove(at: index)
        waiting -= 1
        forget(place)
        return entry
    }

    private mutating func place(of client: String) -> Int {
        if let place = places[client] { return place }
        clients.append(Client(name: client))
        places[client] = clients.count - 1
        return clients.count - 1
    }

    private mutating func forget(_ place: Int) {
        guard clients[place].inFlight == 0, clients[place].waiting.isEmpty else { return }
        places[clients[place].name] = nil
        clients.swapAt(place, clients.count - 1)
        clients.removeLast()
        if place < clients.count { places[clients[place].name] = place }
    }
}
