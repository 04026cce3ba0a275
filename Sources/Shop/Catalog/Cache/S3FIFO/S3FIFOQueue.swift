/// The ends of one of ``S3FIFOCache``'s queues, and what stands in it; -1: nothing.
struct S3FIFOQueue {
    private(set) var oldest: Int32 = -1
    private(set) var newest: Int32 = -1
    var cost = 0

    mutating func append(_ place: Int32, cost: Int) {
        if oldest < 0 { oldest = place }
        newest = place
        self.cost += cost
    }

    mutating func unlink(_ place: Int32, older: Int32, newer: Int32, cost: Int) {
        if oldest == place { oldest = newer }
        if newest == place { newest = older }
        self.cost -= cost
    }
}
