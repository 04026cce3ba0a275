import CSystem

/// One of the ways to serve that are compared.
protocol LoopBenchmarkServer: AnyObject {
    /// Answers all connections of the listening socket from now on.
    func serve(_ listener: Int32)
}

func csystemAccept(_ listener: Int32, _ address: inout [CChar], _ port: inout UInt16) -> Int32 {
    csystem_accept(listener, &address, address.count, &port)
}
