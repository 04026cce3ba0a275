import Formats
import FoundationEssentials
import HTTPServer
import HTTPTypes
import Web

/// The addresses of an account over HTTP.
struct AddressRoutes {
    let store: AddressStore

    func register(on router: Router) {
        let json = RouteOptions.json(upTo: SessionRoutes.largestBody).open(to: .customer)
        router.get("/v1/me/addresses", .open(to: .customer)) { context in try await list(context) }
        router.post("/v1/me/addresses", json) { context in try await add(context) }
        router.put("/v1/me/addresses/{address}", json) { context in try await replace(context) }
        router.delete("/v1/me/addresses/{address}", .open(to: .customer)) { context in try await remove(context) }
    }

    private func list(_ context: RequestContext) async throws -> Response {
        let entries = try await store.addresses(of: try context.requirePrincipal().account)
        return Response.json { json in
            json.beginObject()
            json.key("data")
            json.beginArray()
            for entry in entries { entry.write(to: &json) }
            json.endArray()
            json.endObject()
        }.with(.cacheControl, CachePolicy.notStored)
    }

    private func add(_ context: RequestContext) async throws -> Response {
        let account = try context.requirePrincipal().account
        let draft = try JSONReader.decode(try context.json()) { AddressStore.Draft($0) }
        let entry = try await store.add(draft, to: account)
        return Self.respond(entry, .created).with(.location, "/v1/me/addresses/\(entry.id.text)")
    }

    private func replace(_ context: RequestContext) async throws -> Response {
        let account = try context.requirePrincipal().account
        let draft = try JSONReader.decode(try context.json()) { AddressStore.Draft($0) }
        guard let id = context.parameters.uuid("address"), let entry = try await store.replace(id, with: draft, of: account)
        else {
            throw Problem.noAddress
        }
        return Self.respond(entry, .ok)
    }

    private func remove(_ context: RequestContext) async throws -> Response {
        let account = try context.requirePrincipal().account
        guard let id = context.parameters.uuid("address"), try await store.remove(id, of: account) else {
            throw Problem.noAddress
        }
        return .noContent
    }

    private static func respond(_ entry: AddressStore.Entry, _ status: HTTPResponse.Status) -> Response {
        Response.json(status) { entry.write(to: &$0) }.with(.cacheControl, CachePolicy.notStored)
    }
}

extension Problem {
    fileprivate static let noAddress = Problem.notFound("There is no such address.")
}
