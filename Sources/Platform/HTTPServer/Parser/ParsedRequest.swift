/// A request that is complete, or whose body is streamed, as the parser hands it on.
package struct ParsedRequest {
    package let head: RequestHead
    package let body: [UInt8]
    /// Whether the client wants to go on using the connection (RFC 9112 §9.3).
    package let keepsAlive: Bool
    /// Whether the client waits for a 100 (Continue) before it sends a streamed body.
    package var awaitsContinue = false
}
