import TestSupport
import Testing

/// `commerce category`, the real binary against the real server.
@Suite("commerce category")
struct CategoryTests {
    @Test("categories are listed and changed; errors are one line and a code")
    func changes() throws {
        let database = try TestDatabase()
        let files = try ScratchDirectory("category")
        let environment = ["DATABASE_URL": database.url]
        func run(_ arguments: String...) throws -> Command { try ServiceProcess.run(arguments, environment: environment) }
        #expect(try run("migrate", "up").status == .exited(0))
        let rows = [#"{"name": "A", "price": 1, "category": "Home > Tea"}"#, #"{"name": "B", "price": 1, "category": "In/Out"}"#]
        let file = try files.write("rows.ndjson", rows.joined(separator: "\n"))
        let imported = try run("import", file, "--category-separator", ">")
        #expect(imported.status == .exited(0), "\(imported.error)")
        #expect(
            try run("category", "list").output
                == "SLUG    PRODUCTS  PATH\nhome    0         Home\ntea     1         Home/Tea\nin-out  1         In\\/Out\n")
        #expect(try run("category", "rename", "tea", "茶").output == "renamed; the slug is 茶\n")
        #expect(try run("category", "move", "茶", "--root").output == "moved 茶\n")
        #expect(try run("category", "merge", "in-out", "--into", "茶").output == "merged in-out into 茶; products moved: 1\n")
        #expect(try run("category", "delete", "home").output == "deleted home\n")
        #expect(try run("category", "list", "--json").output == #"{"slug":"茶","path":"茶","products":2}"# + "\n")
        #expect(try run("audit").status == .exited(0))
        for (arguments, code, words) in [
            (["rename", "tea", "x"], 1, "it is 茶 now"), (["delete", "none"], 1, "there is no category"),
            (["delete", "茶"], 1, "is not empty"), (["move", "茶"], 64, "one of --below and --root"),
            (["move", "茶", "--root", "--below", "x"], 64, "needed"),
            (["merge", "茶"], 64, "--into"), ([], 0, ""), (["merge", "茶", "--into", "茶"], 1, "itself"),
        ] as [([String], Int32, String)] {
            let done = try ServiceProcess.run(["category"] + arguments, environment: environment)
            #expect(done.status == .exited(code), "\(arguments) \(done.error)")
            if code != 0 { #expect(done.error.split(separator: "\n").count == 1 && done.error.contains(words), "\(done.error)") }
        }
        for separator in ["", "ab", "a", "\\"] {
            #expect(try run("import", file, "--category-separator", separator).status == .exited(64), "\(separator)")
        }
    }
}
