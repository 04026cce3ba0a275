/// Where the tasks of a fleet keep their clients' buckets together. Used on one loop.
package protocol SharedRates: AnyObject {
    /// Takes one request's worth out of a client's bucket, if that is there.
    /// - Returns: whether it was, and how far the bucket then is from being full, in nanoseconds.
    /// - Throws: where it cannot be told soon.
    func take(_ policy: RatePolicy, of client: String) async throws -> (isAllowed: Bool, level: UInt64)

    /// Takes what was used already, whether it is there or not.
    /// - Returns: how far the bucket then is from being full, in nanoseconds.
    func report(_ count: Int, _ policy: RatePolicy, of client: String) async throws -> UInt64
}
