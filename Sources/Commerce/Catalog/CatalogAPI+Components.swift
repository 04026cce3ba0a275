import Web

extension OpenAPIFragment {
    /// What the calls of the catalogue take and answer.
    static let catalogComponents = #"""
        "components": {
          "schemas": {
            "ProductList": {
              "type": "object",
              "required": ["data", "next_cursor"],
              "additionalProperties": false,
              "properties": {
                "data": { "type": "array", "maxItems": 100, "items": { "$ref": "#/components/schemas/ProductSummary" } },
                "next_cursor": { "type": ["string", "null"], "description": "For `cursor` of the next call; null on the last page. Opaque.", "maxLength": 2048, "pattern": "^[A-Za-z0-9_-]+$" },
                "total": { "type": "integer", "format": "int64", "minimum": 0, "maximum": 10000, "description": "Only with `include=total`." },
                "total_relation": { "type": "string", "enum": ["eq", "gte"], "description": "Stands beside `total`. `eq`: there are as many. `gte`: there are more than that; counting ends at 10,000." }
              }
            },
            "ProductSummary": {
              "type": "object",
              "description": "A product as a list shows it.",
              "required": ["id", "slug", "name", "category", "tags", "image", "price", "variant_count", "in_stock", "status", "created_at", "updated_at"],
              "additionalProperties": false,
              "properties": {
                "id": { "type": "string", "format": "uuid" },
                "slug": { "type": "string", "minLength": 1, "description": "Fit for a URL." },
                "name": { "type": "string", "minLength": 1 },
                "category": { "anyOf": [{ "$ref": "#/components/schemas/CategoryReference" }, { "type": "null" }] },
                "tags": { "type": "array", "items": { "type": "string" } },
                "image": { "description": "The first picture.", "anyOf": [{ "$ref": "#/components/schemas/Image" }, { "type": "null" }] },
                "price": { "description": "That of the default variant.", "$ref": "#/components/schemas/Money" },
                "variant_count": { "type": "integer", "minimum": 0 },
                "in_stock": { "type": "boolean", "description": "Whether any variant can be bought, as of about a second ago." },
                "status": { "const": "active" },
                "created_at": { "type": "string", "format": "date-time" },
                "updated_at": { "type": "string", "format": "date-time" }
              }
            },
            "Product": {
              "type": "object",
              "required": ["id", "slug", "name", "description", "category", "tags", "images", "price", "variants", "status", "created_at", "updated_at"],
              "additionalProperties": false,
              "properties": {
                "id": { "type": "string", "format": "uuid" },
                "slug": { "type": "string", "minLength": 1, "description": "Fit for a URL." },
                "name": { "type": "string", "minLength": 1 },
                "description": { "type": "string", "description": "Plain text; may be empty." },
                "category": { "anyOf": [{ "$ref": "#/components/schemas/CategoryReference" }, { "type": "null" }] },
                "tags": { "type": "array", "items": { "type": "string" } },
                "images": { "type": "array", "items": { "$ref": "#/components/schemas/Image" } },
                "price": { "description": "That of the default variant.", "$ref": "#/components/schemas/Money" },
                "variants": { "type": "array", "minItems": 1, "description": "The default one first.", "items": { "$ref": "#/components/schemas/Variant" } },
                "status": { "const": "active" },
                "created_at": { "type": "string", "format": "date-time" },
                "updated_at": { "type": "string", "format": "date-time" }
              }
            },
            "Variant": {
              "type": "object",
              "description": "What is put into a cart: one size, one colour.",
              "required": ["id", "sku", "name", "options", "price", "available", "in_stock"],
              "additionalProperties": false,
              "properties": {
                "id": { "type": "string", "format": "uuid" },
                "sku": { "$ref": "#/components/schemas/SKU" },
                "name": { "type": "string" },
                "options": { "$ref": "#/components/schemas/Options" },
                "price": { "$ref": "#/components/schemas/Money" },
                "available": { "type": "integer", "minimum": 0, "description": "How many can be bought: in the warehouse and not promised to an order, as of about a second ago. Carts promise nothing, so it may be less when the order is placed." },
                "in_stock": { "type": "boolean", "description": "Whether `available` is above 0." }
              }
            },
            "Image": {
              "type": "object",
              "required": ["url", "alt"],
              "additionalProperties": false,
              "properties": {
                "url": { "type": "string", "format": "uri-reference", "description": "Absolute, or relative to this service." },
                "alt": { "type": "string", "description": "What it shows, for those who cannot see it; may be empty." }
              }
            },
            "CategoryReference": {
              "type": "object",
              "required": ["slug", "name"],
              "additionalProperties": false,
              "properties": {
                "slug": { "type": "string", "minLength": 1 },
                "name": { "type": "string", "minLength": 1 }
              }
            },
            "CategoryList": {
              "type": "object",
              "required": ["data"],
              "additionalProperties": false,
              "properties": {
                "data": { "type": "array", "items": { "$ref": "#/components/schemas/Category" } }
              }
            },
            "Category": {
              "type": "object",
              "required": ["id", "slug", "name", "path", "product_count", "children"],
              "additionalProperties": false,
              "properties": {
                "id": { "type": "string", "format": "uuid" },
                "slug": { "type": "string", "minLength": 1, "description": "For `category` in product lists." },
                "name": { "type": "string", "minLength": 1 },
                "path": { "type": "string", "minLength": 1, "description": "Slugs from the root down, joined by `/`." },
                "product_count": { "type": "integer", "minimum": 0, "description": "Products on sale in it and below it." },
                "children": { "type": "array", "items": { "$ref": "#/components/schemas/Category" } }
              }
            }
          }
        }
        """#

}
