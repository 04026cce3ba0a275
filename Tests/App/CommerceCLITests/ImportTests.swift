import Foundation
import TestSupport
import Testing

/// `commerce import`, the real binary against the real server.
@Suite("commerce import")
struct ImportTests {
    private struct Shop {
        let database: TestDatabase
        let files: ScratchDirectory
        let environment: [String: String]

        init() throws {
            database = try TestDatabase()
            files = try ScratchDirectory("import")
            environment = ["DATABASE_URL": database.url]
            let done = try ServiceProcess.run(["migrate", "up"], environment: environment)
            #expect(done.status == .exited(0))
        }

        func run(_ arguments: String..., more: [String: String] = [:]) throws -> Command {
            try ServiceProcess.run(["import"] + arguments, environment: environment.merging(more) { $1 })
        }
    }

    private static let rows = #"{"name": "A", "price": 1.50, "image": "a.jpg"}"# + "\n" + #"{"name": "B", "price": 2}"# + "\n"

    @Test("A file becomes products; the last line tells how many, the second time that nothing changed")
    func file() throws {
        let shop = try Shop()
        let file = try shop.files.write("rows.ndjson", Self.rows)
        try shop.database.execute("UPDATE catalog_version SET version = 1")
        let done = try shop.run(file, more: ["STORE_CURRENCY": "EUR", "IMAGE_BASE_URL": "https://cdn.example/p/"])
        #expect(done.status == .exited(0))
        let line = try #require(done.output.split(separator: "\n").last)
        let report = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(report["created"] as? String == "2" || report["created"] as? Int == 2)
        #expect(
            try shop.database.execute("SELECT slug, currency, price, images->0->>'url' FROM product ORDER BY 1")
                == "a|EUR|150|https://cdn.example/p/a.jpg\nb|EUR|200|")
        let again = try shop.run(file, more: ["STORE_CURRENCY": "EUR", "IMAGE_BASE_URL": "https://cdn.example/p/"])
        #expect(again.status == .exited(0))
        #expect(try shop.database.execute("SELECT version FROM catalog_version") == "2")
    }

    @Test("Rows come from standard input too, in either format")
    func standardInput() throws {
        let shop = try Shop()
        let file = try shop.files.write("rows", "name,price\nC,3\n")
        let test = try TestEnvironment.read()
        let done = try Command.run(
            ["/bin/sh", "-c", "exec '\(test.commerce)' import - < '\(file)'"],
            environment: Command.plain.merging(shop.environment) { $1 })
        #expect(done.status == .exited(0))
        #expect(try shop.database.execute("SELECT slug, price FROM product") == "c|300")
    }

    @Test("Refused rows are told with their lines and exit code 65; skipped, with 0")
    func refused() throws {
        let shop = try Shop()
        let file = try shop.files.write("rows.ndjson", Self.rows + #"{"name": "", "price": "x"}"# + "\n")
        let failed = try shop.run(file)
        #expect(failed.status == .exited(65))
        #expect(failed.error.split(separator: "\n").count == 1)
        #expect(failed.output.contains("\"row refused\""))
        #expect(try shop.database.execute("SELECT count(*) FROM product") == "0")
        let skipped = try shop.run(file, "--on-error", "skip")
        #expect(skipped.status == .exited(0))
        #expect(skipped.error.isEmpty)
        #expect(try shop.database.execute("SELECT count(*) FROM product") == "2")
    }

    @Test("A dry run changes nothing")
    func dryRun() throws {
        let shop = try Shop()
        let file = try shop.files.write("rows.ndjson", Self.rows)
        #expect(try shop.run(file, "--dry-run").status == .exited(0))
        #expect(try shop.database.execute("SELECT count(*) FROM product") == "0")
    }

    @Test("A file that can't be read, a database away or not migrated, a wrong option: one line and a code of its own")
    func failures() throws {
        let shop = try Shop()
        let file = try shop.files.write("rows.ndjson", Self.rows)
        let port = try FreePort.find()
        let empty = try TestDatabase()
        for (done, code) in [
            (try shop.run(shop.files.path + "/none.ndjson"), 66), (try shop.run(shop.files.path), 66),
            (try shop.run(file, more: ["DATABASE_URL": "postgresql://127.0.0.1:\(port)/x"]), 69),
            (try shop.run(file, more: ["DATABASE_URL": empty.url]), 1), (try shop.run(file, "--format", "xml"), 64),
            (try shop.run(file, "--on-error", "panic"), 64), (try shop.run(file, more: ["STORE_CURRENCY": "ZZZ"]), 78),
        ] as [(Command, Int32)] {
            #expect(done.status == .exited(code), "\(done.error)")
            #expect(done.error.split(separator: "\n").count == 1)
            #expect(done.error.hasPrefix("commerce: "))
        }
    }

    @Test("The demo catalogue comes in as it is")
    func demoCatalogue() throws {
        let shop = try Shop()
        let file = try TestEnvironment.read().root + "/deploy/demo/catalog.ndjson"
        #expect(try shop.run(file).status == .exited(0))
        let rows = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").count
        #expect(try shop.database.execute("SELECT count(*) FROM product") == "\(rows)")
        #expect(
            try shop.database.execute("SELECT count(*) FROM product WHERE images->0->>'url' LIKE '/assets/%.svg'") == "\(rows)")
    }

    private static let noTables: [(name: String, bytes: [UInt8], cause: String)] = [
        ("a.csv", Array("name,price\nA,1\n\"B,2\nC,3\n".utf8), "line 3: the row opens a quote that is never closed"),
        ("a.csv", Array("name;price\nA;1,50\n".utf8), "semicolons"), ("a.csv", Array("name\tprice\nA\t1\n".utf8), "tabs"),
        ("a.csv", Array("\u{FEFF}name,price\nA,1\n".data(using: .utf16LittleEndian) ?? Data()), "UTF-16"),
        ("a.csv", Array("name,price\nCaf".utf8) + [0xE9] + Array(",1\nA,1\n".utf8), "Latin-1"),
        ("a.csv", Array("name,price\rA,1\rB,2\r".utf8), "CR alone"), ("a.csv", Array("A,1\nB,2\n".utf8), "no header"),
        ("a.csv", [0x50, 0x4B, 3, 4] + [UInt8](repeating: 7, count: 100), "Excel"),
        ("a.ndjson", Array("[{\"name\": \"A\", \"price\": 1}]\n".utf8), "JSON array"),
        ("a.ndjson", Array("name,price\nA,1\n".utf8), "no row could be taken"),
    ]

    @Test(
        "A file that is no table of products is exit code 65 and one line that says why, whatever --on-error says",
        arguments: noTables)
    func noTable(name: String, bytes: [UInt8], cause: String) throws {
        let shop = try Shop()
        let file = shop.files.path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        for policy in ["skip", "fail"] {
            let done = try shop.run(file, "--on-error", policy)
            #expect(done.status == .exited(65), "\(done.output)\(done.error)")
            #expect(done.error.split(separator: "\n").count == 1)
            if policy == "skip" || !cause.hasPrefix("no row") { #expect(done.error.contains(cause), "\(done.error)") }
            #expect(!done.output.contains("import done") || cause.hasPrefix("no row"))
            #expect(try shop.database.execute("SELECT count(*) FROM product") == "0")
        }
    }
}
