import Foundation
import Synchronization
import TestSupport

/// One client of a load, on a connection of its own. Used by one thread.
final class LoadClient: Sendable {
    private struct State {
        var cart: TestCart?
        /// An order that was not acknowledged, to be tried again with its key.
        var pending: OrderAttempt?
    }

    private let http: HTTPTestClient
    private let journal: Journal
    private let state = Mutex(State())

    init(port: UInt16, journal: Journal) {
        // Far beyond what the service may take, so that a hanging request is seen as the time it took.
        http = HTTPTestClient(port: port, seconds: 40)
        self.journal = journal
    }

    @discardableResult
    private func send(
        _ kind: Exchange.Kind, _ method: String, _ path: String, _ headers: [(String, String)] = [], json: String? = nil
    ) -> Answer? {
        let began = ContinuousClock.now
        let result = Result {
            if let json { return try http.request(method, path, headers: headers, json: json) }
            return try http.request(method, path, headers: headers)
        }
        let ended = ContinuousClock.now
        switch result {
        case .success(let response):
            let answer = Answer(response)
            journal.note(Exchange(kind: kind, began: began, ended: ended, answer: answer, fault: ""))
            return answer
        case .failure(let error):
            journal.note(Exchange(kind: kind, began: began, ended: ended, answer: nil, fault: "\(error)"))
            return nil
        }
    }

    func get(_ path: String, _ kind: Exchange.Kind) { send(kind, "GET", path) }

    /// One of the few things that everybody reads.
    func readWarm() { get(FaultGoods.warmPaths.randomElement() ?? "/v1/products", .warm) }

    /// Each of them, so that this connection's loop has them all.
    func readAllWarm() { for path in FaultGoods.warmPaths { get(path, .warm) } }

    /// A list that was most likely never requested before.
    func readCold() { get("/v1/products?limit=3&max_price=\(Int.random(in: 5_000...1_000_000_000))", .cold) }

    /// Adds to the cart, or makes one.
    func fillCart() {
        guard let cart = state.withLock(\.cart) else {
            if let answer = send(.cart, "POST", "/v1/carts"), answer.status == 201 {
                state.withLock { $0.cart = TestCart(answer) }
            }
            return
        }
        send(
            .cart, "POST", cart.path + "/items", [cart.header], json: #"{"sku":"\#(FaultGoods.sku())","quantity":1}"#)
        // A line holds 999 at most.
        if Int.random(in: 0..<50) == 0 { state.withLock { $0.cart = nil } }
    }

    /// Places an order, or tries the last one again that was not acknowledged.
    func order() {
        let pending = state.withLock { state in
            // Some give up, which must leave nothing half done either.
            defer { state.pending = nil }
            return Int.random(in: 0..<4) == 0 ? nil : state.pending
        }
        let attempt = pending ?? OrderAttempt()
        journal.tried(attempt)
        let answer = send(.order, "POST", "/v1/orders", [("Idempotency-Key", attempt.key)], json: attempt.body)
        if let answer, answer.status == 201 {
            journal.acknowledged(attempt, as: answer["id"].text)
        } else {
            state.withLock { $0.pending = attempt }
        }
    }
}
