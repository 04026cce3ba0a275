import Foundation
import PostgresClient
import Testing
import TestSupport

@Suite struct BlockingConnectionTests {
    private struct Refused: Error {}

    /// Runs `body` with a connection to a database of its own.
    private func withConnection(_ body: (BlockingConnection) throws -> Void) throws {
        let database = try TestDatabase()
        let connection = try BlockingConnection(connectionString: database.url)
        try body(connection)
        connection.close()
        try database.drop()
    }

    @Test func severalStatementsRunInOneText() throws {
        try withConnection { connection in
            try connection.execute("CREATE TABLE a (n int8); INSERT INTO a VALUES (1), (2); CREATE TABLE b (n int8);")
            #expect(try connection.query("SELECT sum(n)::int8 + \(10) FROM a").first?[0, as: Int.self] == 13)
        }
    }

    @Test func anErrorInTheTextRollsAllOfItBackAndTheConnectionStaysUsable() throws {
        try withConnection { connection in
            #expect(throws: PostgresError.self) { try connection.execute("CREATE TABLE a (n int8); SELEC 1;") }
            let rows = try connection.query("SELECT 1 FROM pg_class WHERE relname = 'a'")
            #expect(rows.isEmpty)
        }
    }

    @Test func aTransactionCommitsOrRollsBack() throws {
        try withConnection { connection in
            try connection.execute("CREATE TABLE a (n int8)")
            try connection.transaction { try connection.query("INSERT INTO a VALUES (\(1))") }
            #expect(throws: Refused.self) {
                try connection.transaction {
                    try connection.query("INSERT INTO a VALUES (2)")
                    throw Refused()
                }
            }
            let swallowed = #expect(throws: PostgresError.self) {
                try connection.transaction { _ = try? connection.query("SELECT 1/0") }
            }
            #expect(swallowed?.code == .transactionEnded)
            let rows = try connection.query("SELECT n FROM a").map { try $0[0, as: Int.self] }
            #expect(rows == [1])
        }
    }

    @Test func copyTakesRowsOfEveryKind() throws {
        try withConnection { connection in
            try connection.execute("CREATE TABLE a (n int8, t text)")
            let texts: [String?] = [nil, "", "\\N", "a\tb", "line\nline\r", "back\\slash", "ünï🛒", "\\."]
            let count = try connection.copyIn("COPY a FROM STDIN") { writer in
                var rows = CopyText()
                for (number, text) in texts.enumerated() {
                    rows.column(number)
                    rows.column(text)
                    rows.endRow()
                }
                try writer.write(rows)
                for number in texts.count..<50_000 { try writer.write("\(number)\tplain text\n".utf8) }
            }
            #expect(count == 50_000)
            let rows = try connection.query("SELECT t FROM a WHERE n < \(texts.count) ORDER BY n")
            #expect(try rows.map { try $0[0, as: String?.self] } == texts)
        }
    }

    @Test func aCopyThatThrowsStoresNothingAndTheConnectionStaysUsable() throws {
        try withConnection { connection in
            try connection.execute("CREATE TABLE a (n int8)")
            #expect(throws: Refused.self) {
                try connection.copyIn("COPY a FROM STDIN") { writer in
                    try writer.write("1\n".utf8)
                    throw Refused()
                }
            }
            let broken = #expect(throws: PostgresError.self) {
                try connection.copyIn("COPY a FROM STDIN") { try $0.write("not a number\n".utf8) }
            }
            #expect(broken?.sqlState == "22P02")
            #expect(broken.map { "\($0)".contains("not a number") } == false)
            let statement = #expect(throws: PostgresError.self) { try connection.copyIn("SELECT 1") { _ in } }
            #expect(statement?.code == .protocolViolation)
            let rows = try connection.query("SELECT 1 FROM a")
            #expect(rows.isEmpty)
        }
    }

    @Test func aClosedConnectionThrowsClosed() throws {
        try withConnection { connection in
            connection.close()
            connection.close()
            let error = #expect(throws: PostgresError.self) { try connection.query("SELECT 1") }
            #expect(error?.code == .closed)
        }
    }
}
