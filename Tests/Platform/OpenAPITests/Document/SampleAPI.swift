import Compression

@testable import OpenAPI
@testable import Web

/// A small API's description with a bit of everything.
enum SampleAPI {
    static let info = OpenAPIDocument.Info(
        title: "Commerce", version: "1.2.3",
        description: "Sells a catalogue. Money is in minor units with its `currency`.\n\nIds are UUIDv7 <strings>.")

    static let catalog = OpenAPIFragment(
        json: Array(
            #"""
            {
              "tags": [{"name": "Catalogue", "description": "Products & categories, `cacheable`."}],
              "paths": {
                "/v1/products": {"get": {
                  "operationId": "listProducts", "summary": "List products",
                  "description": "Newest first, by relevance with `q`.\n\nPages by cursor.",
                  "parameters": [
                    {"name": "q", "in": "query", "description": "Words to find.", "schema": {"type": "string", "maxLength": 100}, "example": "trail boots"},
                    {"name": "sort", "in": "query", "schema": {"type": "string", "enum": ["name", "price", "-price", "newest"], "default": "newest"}},
                    {"$ref": "#/components/parameters/limit"}
                  ],
                  "responses": {
                    "200": {"description": "A page of products.", "headers": {"ETag": {"schema": {"type": "string"}}, "Link": {"schema": {"type": "string"}}},
                      "content": {"application/json": {"schema": {"type": "object", "required": ["data", "next_cursor"], "properties": {
                        "data": {"type": "array", "items": {"$ref": "#/components/schemas/Product"}},
                        "next_cursor": {"type": ["string", "null"], "description": "Where the next page begins."}}}}}},
                    "304": {"description": "Nothing changed."}
                  }
                }},
                "/v1/products/{id}": {
                  "get": {
                    "operationId": "getProduct", "summary": "Read a product",
                    "parameters": [{"name": "id", "in": "path", "required": true, "description": "Id or slug.", "schema": {"type": "string"}, "example": "trail boot's"}],
                    "responses": {"200": {"description": "The product.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Product"}}}}}
                  },
                  "put": {
                    "operationId": "replaceProduct", "summary": "Replace a product", "security": [{"bearer": []}],
                    "parameters": [
                      {"name": "id", "in": "path", "required": true, "schema": {"type": "string", "format": "uuid"}},
                      {"name": "If-Match", "in": "header", "required": true, "schema": {"type": "string"}, "example": "\"7.abc\""}],
                    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewProduct"}}}},
                    "responses": {"200": {"description": "As it is now.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Product"}}}},
                      "default": {"description": "Own answer to the rest."}}
                  }
                }
              },
              "components": {
                "parameters": {"limit": {"name": "limit", "in": "query", "description": "Rows of a page.", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}}},
                "schemas": {
                  "Money": {"type": "object", "description": "An amount in minor units.", "required": ["amount", "currency"], "properties": {
                    "amount": {"type": "integer", "example": 1299}, "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "example": "USD"}}},
                  "NewProduct": {"type": "object", "required": ["name", "price"], "properties": {
                    "name": {"type": "string", "minLength": 1, "maxLength": 200, "example": "Trail boot"},
                    "price": {"$ref": "#/components/schemas/Money"}, "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 20},
                    "category": {"type": "object", "properties": {"slug": {"type": "string"}, "name": {"type": "string"}}}}},
                  "Product": {"description": "What is sold.", "allOf": [{"$ref": "#/components/schemas/NewProduct"}, {"type": "object", "required": ["id"], "properties": {
                    "id": {"type": "string", "format": "uuid"}, "created_at": {"type": "string", "format": "date-time"},
                    "related": {"type": "array", "items": {"$ref": "#/components/schemas/Product"}}}}]}
                },
                "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}
              }
            }
            """#.utf8),
        problems: [
            ProblemKind(.conflict, "insufficient_stock", "Not enough in stock", "`lines` says how many of each there are.")
        ])

    static let carts = OpenAPIFragment(
        json: Array(
            #"""
            {"tags": [{"name": "Carts", "description": "Products that a customer is going to buy."}], "paths": {
              "/v1/carts": {"post": {"operationId": "createCart", "summary": "Create a cart",
                "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"currency": {"type": "string", "example": "EUR"}}}}}},
                "responses": {"201": {"description": "The cart, and its token."}}}},
              "/v1/products/{id}": {"delete": {"operationId": "deleteProduct", "summary": "Archive a product", "tags": ["Catalogue"],
                "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
                "responses": {"204": {"description": "Done."}}}}
            }}
            """#.utf8))

    static func document() throws -> OpenAPIDocument { try OpenAPIDocument(info: info, fragments: [catalog, carts]) }

    static func home(_ document: OpenAPIDocument, gzip: Gzip? = nil) -> HomePage {
        HomePage(
            document.info, introduction: "Sells <things>.",
            links: [HomePage.Link(name: "products", path: "/v1/products?limit=10", title: "Products", description: "A list.")],
            gzip: gzip)
    }
}
