/// Who is told what happens on a ``Transport``. All on the loop.
protocol TransportOwner: AnyObject {
    /// Connected, and encrypted where it was asked for.
    func transportOpened()
    /// Bytes from the peer, only valid during the call.
    func transportReceived(_ bytes: UnsafeRawBufferPointer)
    /// The last that is heard, unless it was closed from this side.
    func transportFailed(_ error: RedisError)
}
