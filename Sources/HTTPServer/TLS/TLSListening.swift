/// Where a server also takes encrypted connections.
package struct TLSListening: Sendable {
    /// 0 takes any free port.
    package var port: UInt16
    package var keeper: TLSKeeper

    package init(port: UInt16, keeper: TLSKeeper) {
        self.port = port
        self.keeper = keeper
    }
}
