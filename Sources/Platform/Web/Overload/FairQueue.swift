/// Who is at work, who waits, and who is next, by client: a pure value.
///
/// What is free goes to the client that has the least at work, so that the shares are max-min fair (Bertsekas and Gallager, "Data
/// Networks" §6.5.2): whoever wants less than an even share gets all of it, the others share the rest evenly. Where too many
/// wait, the client with the most of them loses its oldest. Clients are known only while they have something here, so that their
/// number is bounded by that of requests.
struct FairQueue: Sendable {
    struct Entry: Sendable, Equatable {
        let id: UInt64
        let client: String
        let arrived: UInt64
    }

    private struct Client {
        let name: String
        var inFlight = 0
        /// In the order they came.
        var waiting: [Entry] = []
        /// At which round it last was next.
        var served: UInt64 = 0
    }

    private var clients: [Client] = []
    private var places: [String: Int] = [:]
    private var round: UInt64 = 0
    private(set) var inFlight = 0
    private(set) var waiting = 0

    /// How many clients are known.
    var clientCount: Int { clients.count }

    func inFlight(of client: String) -> Int { places[client].map { clients[$0].inFlight } ?? 0 }

    /// One of the client's is at work.
    mutating func begin(_ client: String) {
        clients[place(of: client)].inFlight += 1
        inFlight += 1
    }

    /// One of the client's is done.
    mutating func end(_ client: String) {
        guard let place = places[client], clients[place].inFlight > 0 else { return }
        clients[place].inFlight -= 1
        inFlight -= 1
        forget(place)
    }

    /// Lets one wait.
    /// - Returns: who has to go for it, where more than `capacity` would wait; it may be the one that came.
    mutating func enqueue(_ entry: Entry, capacity: Int) -> Entry? {
        clients[place(of: entry.client)].waiting.append(entry)
        waiting += 1
        guard waiting > capacity, let most = clients.indices.max(by: { clients[$0].waiting.count < clients[$1].waiting.count })
        else { return nil }
        return take(0, of: most)
    }

    /// Whether one more of the client's would be the one to go, or one of its own, where no more than `capacity` may wait.
    func isFull(for client: String, capacity: Int) -> Bool {
        guard waiting >= capacity else { return false }
        let own = (places[client].map { clients[$0].waiting.count } ?? 0) + 1
        return clients.allSatisfy { $0.waiting.count <= own }
    }

    /// Who is to begin now, and is counted as at work from here on; nil where nobody waits.
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

    /// Takes out all that have waited since `instant` or longer; of clients with less than `share` at work, since `modest`.
    mutating func removeArrived(upTo instant: UInt64, modest: UInt64, share: Int) -> [Entry] {
        var removed: [Entry] = []
        for index in clients.indices.reversed() {
            let instant = clients[index].inFlight < share ? modest : instant
            while let first = clients[index].waiting.first, first.arrived <= instant {
                removed.append(take(0, of: index))
                // The client may be forgotten with its last, and another stand in its place, which was looked at already.
                if index >= clients.count { break }
            }
        }
        return removed
    }

    /// Takes one out that no longer wants to wait; false where it does not.
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
