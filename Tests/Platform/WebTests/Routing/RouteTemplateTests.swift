import Testing

@testable import Web

@Suite struct RouteTemplateTests {
    @Test(arguments: [
        ("/", [String]()), ("/v1/products", []), ("/v1/products/{id}", ["id"]),
        ("/v1/carts/{cart_id}/items/{sku}", ["cart_id", "sku"]), ("/assets/{path...}", ["path"]),
    ])
    func aTemplateKnowsItsParameters(text: String, names: [String]) throws {
        let template = try #require(RouteTemplate(text))
        #expect(template.parameterNames == names)
        #expect(template.description == text)
    }

    @Test(arguments: [
        "", "v1", "/v1/", "//", "/v1//x", "/{}", "/{id", "/id}", "/x{id}", "/{id}x", "/{a}/{a}", "/{rest...}/x", "/{...}",
        "/a?b", "/a%20b", "/{a-b}",
    ])
    func whatIsNoTemplateIsRefused(text: String) {
        #expect(RouteTemplate(text) == nil)
    }
}
