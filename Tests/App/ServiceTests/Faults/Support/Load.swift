import Foundation
import Synchronization
import TestSupport

/// Clients that keep a service busy until they are told to stop; all they did is in the journal.
final class Load: Sendable {
    let journal = Journal()
    private let isOver = Atomic<Bool>(false)
    private let clients = Mutex<[Task<Void, Never>]>([])
    let port: UInt16

    init(port: UInt16) { self.port = port }

    /// Lets so many more clients do `turn` again and again, each on a thread and a connection of its own.
    func add(_ count: Int, _ turn: @escaping @Sendable (LoadClient) -> Void) {
        for _ in 0..<count {
            let client = LoadClient(port: port, journal: journal)
            let task = Task {
                _ = try? await onOwnThread { [self] in
                    while !isOver.load(ordering: .relaxed) {
                        turn(client)
                        // Shoppers read what they get; and the machine is not what is under test.
                        usleep(.random(in: 5_000...25_000))
                    }
                }
            }
            clients.withLock { $0.append(task) }
        }
    }

    /// Returns once all clients have stopped.
    func stop() async {
        isOver.store(true, ordering: .relaxed)
        for client in clients.withLock({ $0 }) { await client.value }
    }
}

extension Load {
    /// What shops have to do all day: mostly reading, some carts, some orders.
    func addShoppers(_ count: Int) {
        add(count) { client in
            switch Int.random(in: 0..<10) {
            case 0..<4: client.readWarm()
            case 4..<6: client.readCold()
            case 6..<8: client.fillCart()
            default: client.order()
            }
        }
    }

    /// Readers of the few things that everybody reads.
    func addReaders(_ count: Int) { add(count) { $0.readWarm() } }

    /// Buyers, who fill carts and place orders.
    func addBuyers(_ count: Int) {
        add(count) { client in
            if Int.random(in: 0..<4) == 0 { client.fillCart() } else { client.order() }
        }
    }

    /// What asks for the service's health all the time.
    func addProbe() {
        add(1) { client in
            client.get("/health", .health)
            client.get("/health/live", .live)
            usleep(50_000)
        }
    }
}
