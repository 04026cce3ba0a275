import OpenAPI
import Web

extension OpenAPIFragment {
    /// What the calls of the catalogue take and answer.
    static let catalogComponents = #"""
        "components": {
          "schemas": {
            "ProductList": {
              "type": "object",
              "required": ["data", "next_cursor"],
              "properties": {
                "data": { "type": "array", "maxItems": 100, "items": { "$ref": "#/components/schemas/ProductSummary" } },
                "next_cursor": { "type": ["string", "null"], "description": "Send it as `cursor` to get the next page. It is null on the last page. Do not interpret it.", "maxLength": 2048, "pattern": "^[A-Za-z0-9_-]+$" },
                "total": { "type": "integer", "format": "int64", "minimum": 0, "maximum": 10000, "description": "Only with `include=total`." },
                "total_relation": { "type": "string", "x-extensible-enum": ["eq", "gte"], "description": "Only with `total`. `eq`: the number is exact. `gte`: there are more; counting ends at 10,000." }
              }
            },
            "ProductSummary": {
              "type": "object",
              "description": "A product in a list.",
              "required": ["id", "slug", "name", "category", "tags", "image", "price", "variant_count", "in_stock", "status", "created_at", "updated_at"],
              "properties": {
                "id": { "type": "string", "format": "uuid" },
                "slug": { "type": "string", "minLength": 1, "description": "The name in a URL." },
                "name": { "type": "string", "minLength": 1 },
                "category": { "anyOf": [{ "$ref": "#/components/schemas/CategoryReference" }, { "type": "null" }] },
                "tags": { "type": "array", "items": { "type": "string" } },
                "image": { "description": "The first picture.", "anyOf": [{ "$ref": "#/components/schemas/Image" }, { "type": "null" }] },
                "price": { "description": "The price of the default variant.", "$ref": "#/components/schemas/Money" },
                "variant_count": { "type": "integer", "minimum": 0 },
                "in_stock": { "type": "boolean", "description": "Whether a variant is in stock, as of about a second ago." },
                "status": { "type": "string", "x-extensible-enum": ["active"] },
                "created_at": { "type": "string", "format": "date-time" },
                "updated_at": { "type": "string", "format": "date-time" }
              }
            },
            "Product": {
              "type": "object",
              "required": ["id", "slug", "name", "description", "category", "tags", "images", "price", "variants", "status", "created_at", "updated_at"],
              "properties": {
                "id": { "type": "string", "format": "uuid" },
                "slug": { "type": "string", "minLength": 1, "description": "The name in a URL." },
                "name": { "type": "string", "minLength": 1 },
                "description": { "type": "string", "description": "Plain text; may be empty." },
                "category": { "anyOf": [{ "$ref": "#/components/schemas/CategoryReference" }, { "type": "null" }] },
                "tags": { "type": "array", "items": { "type": "string" } },
                "images": { "type": "array", "items": { "$ref": "#/components/schemas/Image" } },
                "price": { "description": "The price of the default variant.", "$ref": "#/components/schemas/Money" },
                "variants": { "type": "array", "minItems": 1, "description": "The default variant is first.", "items": { "$ref": "#/components/schemas/Variant" } },
                "status": { "type": "string", "x-extensible-enum": ["active"] },
                "created_at": { "type": "string", "format": "date-time" },
                "updated_at": { "type": "string", "format": "date-time" }
              }
            },
            "Variant": {
              "type": "object",
              "description": "The form of a product that can be bought, such as one size in one colour.",
              "required": ["id", "sku", "name", "options", "price", "available", "in_stock"],
              "properties": {
                "id": { "type": "string", "format": "uuid" },
                "sku": { "$ref": "#/components/schemas/SKU" },
                "name": { "type": "string" },
                "options": { "$ref": "#/components/schemas/Options" },
                "price": { "$ref": "#/components/schemas/Money" },
                "available": { "type": "integer", "minimum": 0, "description": "How many can be bought: those in the warehouse that no order has reserved, as of about a second ago. Carts reserve nothing, so fewer may be left when the order is placed." },
                "in_stock": { "type": "boolean", "description": "Whether `available` is above 0." }
              }
            },
            "Image": {
              "type": "object",
              "required": ["url", "alt"],
              "properties": {
                "url": { "type": "string", "format": "uri-reference", "description": "Absolute, or relative to this service." },
                "alt": { "type": "string", "description": "A description of the picture for screen readers. It may be empty." }
              }
            },
            "CategoryReference": {
              "type": "object",
              "required": ["slug", "name"],
              "properties": {
                "slug": { "type": "string", "minLength": 1 },
                "name": { "type": "string", "minLength": 1 }
              }
            },
            "CategoryList": {
              "type": "object",
              "required": ["data"],
              "properties": {
                "data": { "type": "array", "items": { "$ref": "#/components/schemas/Category" } }
              }
            },
            "Category": {
              "type": "object",
              "required": ["id", "slug", "name", "path", "product_count", "children"],
              "properties": {
                "id": { "type": "string", "format": "uuid" },
                "slug": { "type": "string", "minLength": 1, "description": "Send it as `category` to list the products." },
                "name": { "type": "string", "minLength": 1 },
                "path": { "type": "string", "minLength": 1, "description": "The slugs from the top category down, joined by `/`." },
                "product_count": { "type": "integer", "minimum": 0, "description": "The number of products on sale in this category and its subcategories." },
                "children": { "type": "array", "items": { "$ref": "#/components/schemas/Category" } }
              }
            }
          }
        }
        """#

}
