/// One kind of work and how long it takes; a route's handler mostly. Confined to its loop.
package final class AdmissionWork {
    var baseline = LatencyBaseline()

    init() {}
}
