import Foundation
import TestSupport
import Testing

/// `commerce audit`, the real binary; that each rule finds its damage is tested where the rules are.
@Suite("commerce audit")
struct AuditTests {
    @Test("sound data is exit code 0 and a line for each rule; damage is 1, the rule and the row")
    func findings() throws {
        let shop = try LifecycleShop(isMigrated: false)
        let environment = ["DATABASE_URL": shop.database.url]
        let early = try ServiceProcess.run(["audit"], environment: environment)
        #expect(early.status == .exited(1))
        #expect(early.error == "commerce: the database's schema is behind: run commerce migrate up\n")

        try shop.migrate()
        let sound = try ServiceProcess.run(["audit"], environment: environment)
        #expect(sound.status == .exited(0))
        #expect(sound.error.isEmpty)
        let lines = sound.output.split(separator: "\n")
        #expect(lines.count > 10)
        #expect(lines.allSatisfy { $0.hasPrefix("holds ") })

        // Stock that no movement accounts for.
        try shop.stock()
        let broken = try ServiceProcess.run(["audit"], environment: environment)
        #expect(broken.status == .exited(1))
        #expect(broken.error == "commerce: 1 rule is broken\n")
        #expect(broken.output.contains("BROKEN  stock is the sum of its ledger\n        {\"variant_id\":"))
    }

    @Test("a database out of reach is exit code 69 and one line without its password")
    func unavailable() throws {
        let port = try FreePort.find()
        let done = try ServiceProcess.run(
            ["audit"], environment: ["DATABASE_URL": "postgresql://shop:hunter2@127.0.0.1:\(port)/shop"])
        #expect(done.status == .exited(69))
        #expect(done.error.split(separator: "\n").count == 1)
        #expect(!(done.error + done.output).contains("hunter2"))
    }
}
