import PostgresClient
import Testing

@Suite struct ConfigurationTests {
    @Test(arguments: [
        "postgres://user:hunter2@db.example.com:5433/shop?sslmode=verify-full",
        "postgresql://user:hunter2@db.example.com:5433/shop",
        "host=db.example.com port=5433 user=user password=hunter2 dbname=shop",
    ])
    func connectionStringsOfEveryKindAreReadAndTheSummaryHidesThePassword(text: String) throws {
        let configuration = try PostgresConfiguration(connectionString: text)
        #expect(configuration.summary == "user@db.example.com:5433/shop")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] { #expect(!text.contains("hunter2")) }
    }

    @Test(arguments: [
        "", "hunter2", "mysql://user:hunter2@db/shop", "postgres://user:hunter2%zz@db/shop", "host=db hunter2",
        "postgres://user:hunter2@db:99999/shop", "postgres://user:hunter2@db:port/shop",
        "postgres://user:hunter2@db/shop?sslmode=sometimes", "postgres://user:hunter2@db/shop?nonsense=1",
        "postgres://user:hunter2@db/shop?connect_timeout=soon", "postgres://user:hunter2@db/shop?target_session_attrs=best",
        "postgres://user:hunter2\0@db/shop",
    ])
    func aWrongConnectionStringIsRefusedWithoutBeingRepeated(text: String) {
        let error = #expect(throws: PostgresError.self) { try PostgresConfiguration(connectionString: text) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error.map { "\($0)".contains("hunter2") } == false)
    }

    @Test func loopsShareTheConnectionsOfTheProcess() throws {
        var configuration = try PostgresConfiguration(connectionString: "postgres://db/shop")
        let four = configuration.share(of: 4)
        #expect(four.maximum == 5 && four.minimum == 2 && four.sharedConnections == 1 && four.maxWaiters == 250)
        let one = configuration.share(of: 1)
        #expect(one.maximum == 20 && one.minimum == 5 && one.sharedConnections == 2 && one.maxWaiters == 1_000)
        configuration.maximum = 1
        // A pool needs two connections: one for reads, one to lease.
        let many = configuration.share(of: 64)
        #expect(many.maximum == 2 && many.minimum == 1 && many.sharedConnections == 1)
        #expect(configuration.share(of: 0).maximum == 2)
    }
}
