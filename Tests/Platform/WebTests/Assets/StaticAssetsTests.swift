import Foundation
import HTTPServer
import Logging
import Testing
import WebTestSupport

@testable import Web

@Suite struct StaticAssetsTests {
    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    /// A directory with files of all kinds.
    private func withAssets(_ body: (String) async throws -> Void) async throws {
        let scratch = FileManager.default.temporaryDirectory.path + "/assets-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let root = scratch + "/assets"
        try FileManager.default.createDirectory(atPath: root + "/demo/deep", withIntermediateDirectories: true)
        for (path, text) in [
            ("boot.svg", "<svg/>"), ("demo/shoe.png", "png"), ("demo/deep/x.txt", "hi"), ("style.css", "a{}"),
            (".hidden.svg", "no"), ("page.html", "no"), ("run.js", "no"), ("noext", "no"), ("demo/.env.txt", "no"),
        ] { try write(text, to: root + "/" + path) }
        try write("secret", to: scratch + "/outside.txt")
        try FileManager.default.createDirectory(atPath: scratch + "/other", withIntermediateDirectories: true)
        try write("secret", to: scratch + "/other/y.txt")
        symlink("../outside.txt", root + "/link.txt")
        symlink("../other", root + "/linked")
        symlink("nowhere", root + "/dangling.txt")
        mkfifo(root + "/pipe.txt", 0o600)
        try await body(root)
    }

    @Test func onlyFilesOfKnownTypesAreRead() async throws {
        try await withAssets { root in
            let assets = try StaticAssets(directory: root)
            #expect(assets.paths == ["boot.svg", "demo/deep/x.txt", "demo/shoe.png", "style.css"])
        }
    }

    @Test func assetsAreServedWithTypeTagAndPolicy() async throws {
        try await withAssets { root in
            let assets = try StaticAssets(directory: root)
            let answers = try await onLoop { loop in
                let router = Router()
                assets.addRoutes(to: router, under: "/assets")
                let application = Application(router: router, logger: LogJournal().logger)
                var answers: [Response] = []
                let paths = [
                    "boot.svg", "demo/deep/x.txt", "../outside.txt", "%2e%2e/outside.txt", "link.txt", "demo",
                    "boot.svg/", "demo%2Fdeep%2Fx.txt",
                ]
                for path in paths {
                    answers.append(await application.respond(to: Request(.get, "/assets/" + path, on: loop)))
                }
                let tag = answers[0].headers[.eTag] ?? ""
                let again = Request(.get, "/assets/boot.svg", fields: [("If-None-Match", tag)], on: loop)
                answers.append(await application.respond(to: again))
                return answers
            }
            #expect(answers.map(\.status.code) == [200, 200, 404, 404, 404, 404, 404, 200, 304])
            #expect(answers[0].text == "<svg/>")
            #expect(answers[0].headers[.contentType] == "image/svg+xml")
            #expect(answers[0].headers[.cacheControl] == "max-age=86400")
            #expect(answers[0].headers[.contentSecurityPolicy] == "default-src 'none'; style-src 'unsafe-inline'")
            #expect(answers[0].headers[.xContentTypeOptions] == "nosniff")
            #expect(answers[1].headers[.contentType] == "text/plain; charset=utf-8")
            #expect(answers[1].headers[.contentSecurityPolicy] == nil)
        }
    }

    @Test func moreThanTheLimitsIsRefused() async throws {
        try await withAssets { root in
            func reason(bytes: Int = 100, files: Int = 100, _ directory: String? = nil) -> AssetError.Reason? {
                do throws(AssetError) {
                    _ = try StaticAssets(directory: directory ?? root, maximumBytes: bytes, maximumFiles: files)
                    return nil
                } catch {
                    return error.reason
                }
            }
            #expect(reason(bytes: 14, files: 4) == nil)
            #expect(reason(bytes: 13) == .tooManyBytes)
            #expect(reason(files: 3) == .tooManyFiles)
            #expect(reason(root + "/nowhere") == .unreadable(ENOENT))
            #expect(reason(root + "/boot.svg") == .unreadable(ENOTDIR))
            try FileManager.default.createDirectory(
                atPath: root + "/1/2/3/4/5/6/7/8", withIntermediateDirectories: true)
            #expect(reason() == .tooDeep)
        }
    }

    @Test func noDescriptorIsLeftOpen() async throws {
        try await withAssets { root in
            func descriptors() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
            // Other tests open descriptors at the same time, but far fewer than would leak here.
            let before = try descriptors()
            for _ in 0..<200 { _ = try StaticAssets(directory: root) }
            #expect(try descriptors() < before + 200)
        }
    }
}
