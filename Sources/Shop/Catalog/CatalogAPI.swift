import OpenAPI
import Web

extension OpenAPIFragment {
    /// The catalogue's calls.
    package static let catalog = OpenAPIFragment(
        tag: "Catalogue",
        description: """
            Products and categories. They are public and can be cached. The stock that is shown is up to about a second \
            old. An order checks the stock again when it is placed.
            """,
        json: #"""
            {
              "paths": {
                "/v1/products": {
                  "get": {
                    "operationId": "listProducts",
                    "summary": "List products",
                    "description": "The products on sale, page by page. To get the next page, send `next_cursor` as `cursor`, or follow the `Link` header. Keep all other parameters as they are: a cursor is valid only for its filter. On the last page `next_cursor` is null.",
                    "parameters": [
                      {
                        "name": "q",
                        "in": "query",
                        "description": "Words to search for in names, tags and descriptions. `\"a phrase\"`, `or` and `-excluded` are understood. A search that only excludes words finds nothing.",
                        "schema": { "type": "string", "maxLength": 200, "pattern": "^[^\\u0000\\r\\n]*$", "examples": ["enamel mug"] }
                      },
                      {
                        "name": "category",
                        "in": "query",
                        "description": "The slug of a category. Products of its subcategories are included. The list is empty if there is no such category.",
                        "schema": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^\\u0000\\r\\n]+$" },
                        "example": "kitchen"
                      },
                      {
                        "name": "min_price",
                        "in": "query",
                        "description": "The lowest price, in minor units of `currency`, inclusive. It is compared with the price of the default variant.",
                        "schema": { "type": "integer", "format": "int64", "minimum": 0, "examples": [1000] }
                      },
                      {
                        "name": "max_price",
                        "in": "query",
                        "description": "The highest price, in minor units of `currency`, inclusive. It must not be below `min_price`.",
                        "schema": { "type": "integer", "format": "int64", "minimum": 0, "examples": [2500] }
                      },
                      {
                        "name": "currency",
                        "in": "query",
                        "description": "Only products priced in this currency. With `min_price`, `max_price` or a sort by price, the default is the currency of the store, because amounts of different currencies cannot be compared. Otherwise products of all currencies are listed.",
                        "schema": { "type": "string", "pattern": "^[A-Z]{3}$", "examples": ["USD"] }
                      },
                      {
                        "name": "in_stock",
                        "in": "query",
                        "description": "`true`: only products with a variant in stock. `false`: only products that are sold out.",
                        "schema": { "type": "boolean" },
                        "example": true
                      },
                      {
                        "name": "sort",
                        "in": "query",
                        "description": "The order of the list. `relevance` (best match first) needs `q`, and is the default with `q`. Without `q` the default is `newest`. `price` is cheapest first, `-price` most expensive first. Products that are equal in this are ordered by id.",
                        "schema": { "type": "string", "enum": ["newest", "price", "-price", "name", "relevance"] },
                        "example": "price"
                      },
                      {
                        "name": "limit",
                        "in": "query",
                        "description": "The number of products on a page.",
                        "schema": { "type": "integer", "minimum": 1, "maximum": 100, "default": 20 },
                        "example": 20
                      },
                      {
                        "name": "cursor",
                        "in": "query",
                        "description": "The `next_cursor` of the previous page, unchanged. A cursor that was changed or that belongs to another filter is refused: 400 `invalid_cursor`.",
                        "schema": { "type": "string", "maxLength": 2048, "pattern": "^[A-Za-z0-9_-]*$" }
                      },
                      {
                        "name": "include",
                        "in": "query",
                        "description": "`total` adds the number of products that match, up to 10,000. Counting takes time: ask for it on the first page only. Other values are ignored.",
                        "schema": { "type": "string", "examples": ["total"] }
                      },
                      { "$ref": "#/components/parameters/IfNoneMatch" },
                      { "$ref": "#/components/parameters/AcceptEncoding" }
                    ],
                    "responses": {
                      "200": {
                        "description": "One page.",
                        "headers": {
                          "ETag": { "$ref": "#/components/headers/ETag" },
                          "Vary": { "$ref": "#/components/headers/Vary" },
                          "Content-Encoding": { "$ref": "#/components/headers/ContentEncoding" },
                          "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                          "Link": {
                            "description": "The next page (RFC 8288), relative to this service. The last page has none.",
                            "schema": { "type": "string" },
                            "example": "</v1/products?sort=newest&category=kitchen&limit=1&include=total&cursor=AYrDT9sKkS8PBAAGQ7c>; rel=\"next\""
                          },
                          "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                        },
                        "content": {
                          "application/json": {
                            "schema": { "$ref": "#/components/schemas/ProductList" },
                            "examples": {
                              "page": {
                                "summary": "The first page with one product, and the total",
                                "value": {
                                  "data": [
                                    {
                                      "id": "019a2f6e-0a10-7c55-8d21-6b7f3a1c9e02",
                                      "slug": "fern-enamel-mug",
                                      "name": "Fern Enamel Mug",
                                      "category": { "slug": "kitchen", "name": "Kitchen" },
                                      "tags": ["mug", "enamel", "camping", "gift"],
                                      "image": { "url": "/assets/fern-enamel-mug.svg", "alt": "Green enamel mug with a pale fern, steaming" },
                                      "price": { "amount": 1450, "currency": "USD" },
                                      "variant_count": 3,
                                      "in_stock": true,
                                      "status": "active",
                                      "created_at": "2026-03-02T09:15:00.000000Z",
                                      "updated_at": "2026-03-02T09:15:00.000000Z"
                                    }
                                  ],
                                  "next_cursor": "AYrDT9sKkS8PBAAGQ7c",
                                  "total": 12,
                                  "total_relation": "eq"
                                }
                              },
                              "empty": { "summary": "Nothing found", "value": { "data": [], "next_cursor": null } }
                            }
                          }
                        }
                      },
                      "304": { "$ref": "#/components/responses/NotModified" },
                      "400": {
                        "description": "A parameter has an invalid value (`invalid_parameter`; `errors` names each one), the cursor does not belong to this list (`invalid_cursor`), or the query is malformed.",
                        "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                        "content": {
                          "application/problem+json": {
                            "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "x-extensible-enum": ["invalid_parameter", "invalid_cursor", "malformed_query", "bad_request"] } } },
                            "examples": {
                              "invalid_parameter": {
                                "value": {
                                  "type": "/docs#invalid_parameter", "title": "Invalid query parameter", "status": 400, "code": "invalid_parameter",
                                  "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21",
                                  "errors": [
                                    { "parameter": "min_price", "detail": "must be a whole number of minor units, 0 or more" },
                                    { "parameter": "in_stock", "detail": "must be true or false" }
                                  ]
                                }
                              },
                              "invalid_cursor": {
                                "value": {
                                  "type": "/docs#invalid_cursor", "title": "Invalid cursor", "status": 400, "code": "invalid_cursor",
                                  "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21",
                                  "errors": [{ "parameter": "cursor", "detail": "is not one of this list" }]
                                }
                              }
                            }
                          }
                        }
                      },
                      "429": { "$ref": "#/components/responses/TooManyRequests" },
                      "503": { "$ref": "#/components/responses/Unavailable" }
                    }
                  }
                },
                "/v1/products/{product}": {
                  "get": {
                    "operationId": "getProduct",
                    "summary": "Get a product",
                    "description": "A product with its variants, the default variant first. The answer is 404 if the product is no longer on sale.",
                    "parameters": [
                      {
                        "name": "product",
                        "in": "path",
                        "required": true,
                        "description": "The product's id or its slug.",
                        "schema": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^\\u0000\\r\\n]+$" },
                        "example": "fern-enamel-mug"
                      },
                      { "$ref": "#/components/parameters/IfNoneMatch" },
                      { "$ref": "#/components/parameters/AcceptEncoding" }
                    ],
                    "responses": {
                      "200": {
                        "description": "The product.",
                        "headers": {
                          "ETag": { "$ref": "#/components/headers/ETag" },
                          "Vary": { "$ref": "#/components/headers/Vary" },
                          "Content-Encoding": { "$ref": "#/components/headers/ContentEncoding" },
                          "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                          "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                        },
                        "content": {
                          "application/json": {
                            "schema": { "$ref": "#/components/schemas/Product" },
                            "examples": {
                              "mug": {
                                "value": {
                                  "id": "019a2f6e-0a10-7c55-8d21-6b7f3a1c9e02",
                                  "slug": "fern-enamel-mug",
                                  "name": "Fern Enamel Mug",
                                  "description": "A proper enamel mug with a fern down one side, drawn from the one on our windowsill.",
                                  "category": { "slug": "kitchen", "name": "Kitchen" },
                                  "tags": ["mug", "enamel", "camping", "gift"],
                                  "images": [{ "url": "/assets/fern-enamel-mug.svg", "alt": "Green enamel mug with a pale fern, steaming" }],
                                  "price": { "amount": 1450, "currency": "USD" },
                                  "variants": [
                                    {
                                      "id": "019a2f6e-0a10-7c56-a1f4-0c5d2b8e7713", "sku": "MUG-FERN-GRN", "name": "Fern green",
                                      "options": { "colour": "Fern green" }, "price": { "amount": 1450, "currency": "USD" },
                                      "available": 84, "in_stock": true
                                    },
                                    {
                                      "id": "019a2f6e-0a10-7c57-93b0-8e41d6f2a590", "sku": "MUG-FERN-SLT", "name": "Slate",
                                      "options": { "colour": "Slate" }, "price": { "amount": 1450, "currency": "USD" },
                                      "available": 0, "in_stock": false
                                    }
                                  ],
                                  "status": "active",
                                  "created_at": "2026-03-02T09:15:00.000000Z",
                                  "updated_at": "2026-03-02T09:15:00.000000Z"
                                }
                              }
                            }
                          }
                        }
                      },
                      "304": { "$ref": "#/components/responses/NotModified" },
                      "400": { "$ref": "#/components/responses/Malformed" },
                      "404": { "$ref": "#/components/responses/NotFound" },
                      "429": { "$ref": "#/components/responses/TooManyRequests" },
                      "503": { "$ref": "#/components/responses/Unavailable" }
                    }
                  }
                },
                "/v1/categories": {
                  "get": {
                    "operationId": "listCategories",
                    "summary": "List categories",
                    "description": "The whole tree of categories: the top categories, each with its subcategories.",
                    "parameters": [
                      { "$ref": "#/components/parameters/IfNoneMatch" },
                      { "$ref": "#/components/parameters/AcceptEncoding" }
                    ],
                    "responses": {
                      "200": {
                        "description": "The tree.",
                        "headers": {
                          "ETag": { "$ref": "#/components/headers/ETag" },
                          "Vary": { "$ref": "#/components/headers/Vary" },
                          "Content-Encoding": { "$ref": "#/components/headers/ContentEncoding" },
                          "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                          "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                        },
                        "content": {
                          "application/json": {
                            "schema": { "$ref": "#/components/schemas/CategoryList" },
                            "examples": {
                              "tree": {
                                "value": {
                                  "data": [
                                    {
                                      "id": "019a2f6e-0a00-7a11-8c3d-1f2e3d4c5b6a", "slug": "home", "name": "Home", "path": "home", "product_count": 31,
                                      "children": [
                                        {
                                          "id": "019a2f6e-0a00-7a12-9e4f-a0b1c2d3e4f5", "slug": "kitchen", "name": "Kitchen", "path": "home/kitchen",
                                          "product_count": 12, "children": []
                                        }
                                      ]
                                    }
                                  ]
                                }
                              }
                            }
                          }
                        }
                      },
                      "304": { "$ref": "#/components/responses/NotModified" },
                      "429": { "$ref": "#/components/responses/TooManyRequests" },
                      "503": { "$ref": "#/components/responses/Unavailable" }
                    }
                  }
                },
                "/v1/categories/{slug}": {
                  "get": {
                    "operationId": "getCategory",
                    "summary": "Get a category",
                    "description": "A category with its subcategories.",
                    "parameters": [
                      {
                        "name": "slug",
                        "in": "path",
                        "required": true,
                        "description": "The category's slug.",
                        "schema": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^\\u0000\\r\\n]+$" },
                        "example": "kitchen"
                      },
                      { "$ref": "#/components/parameters/IfNoneMatch" },
                      { "$ref": "#/components/parameters/AcceptEncoding" }
                    ],
                    "responses": {
                      "200": {
                        "description": "The category.",
                        "headers": {
                          "ETag": { "$ref": "#/components/headers/ETag" },
                          "Vary": { "$ref": "#/components/headers/Vary" },
                          "Content-Encoding": { "$ref": "#/components/headers/ContentEncoding" },
                          "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                          "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                        },
                        "content": {
                          "application/json": {
                            "schema": { "$ref": "#/components/schemas/Category" },
                            "examples": {
                              "kitchen": {
                                "value": {
                                  "id": "019a2f6e-0a00-7a12-9e4f-a0b1c2d3e4f5", "slug": "kitchen", "name": "Kitchen", "path": "home/kitchen",
                                  "product_count": 12, "children": []
                                }
                              }
                            }
                          }
                        }
                      },
                      "304": { "$ref": "#/components/responses/NotModified" },
                      "400": { "$ref": "#/components/responses/Malformed" },
                      "404": { "$ref": "#/components/responses/NotFound" },
                      "429": { "$ref": "#/components/responses/TooManyRequests" },
                      "503": { "$ref": "#/components/responses/Unavailable" }
                    }
                  }
                }
              },
              \#(catalogComponents)
            }
            """#)
}
