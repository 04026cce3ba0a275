/// A request that is complete, as the parser hands it on.
struct ParsedRequest {
    let head: RequestHead
    let body: [UInt8]
    /// Whether the client wants to go on using the connection (RFC 9112 §9.3).
    let keepsAlive: Bool
}
