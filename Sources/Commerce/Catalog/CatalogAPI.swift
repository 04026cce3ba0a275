import Web

extension OpenAPIFragment {
    /// The catalogue's calls.
    static let catalog = OpenAPIFragment(
        tag: "Catalogue",
        description: """
            Products and categories: public, the same for everybody, made to be cached. Stock is shown as it was up to \
            about a second ago, and is decided only when an order is placed.
            """,
        json: #"""
            {
              "paths": {
                "/v1/products": {
                  "get": {
                    "operationId": "listProducts",
                    "summary": "List products",
                    "description": "Pages through the products on sale. Follow `next_cursor` (or the `Link` field) until it is null; keep all other parameters as they are, since a cursor belongs to its filter.",
                    "parameters": [
                      {
                        "name": "q",
                        "in": "query",
                        "description": "Words to look for in names, tags and descriptions. Understands `\"a phrase\"`, `or`, and `-without`. A search in which no word is looked for, such as one of exclusions only, finds nothing.",
                        "schema": { "type": "string", "maxLength": 200, "pattern": "^[^\\u0000\\r\\n]*$", "examples": ["enamel mug"] }
                      },
                      {
                        "name": "category",
                        "in": "query",
                        "description": "A category's slug; the categories below it count too. An unknown one gives an empty list.",
                        "schema": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^\\u0000\\r\\n]+$" },
                        "example": "kitchen"
                      },
                      {
                        "name": "min_price",
                        "in": "query",
                        "description": "Lowest price in minor units of `currency`, inclusive. Compared with the price of the default variant.",
                        "schema": { "type": "integer", "format": "int64", "minimum": 0, "examples": [1000] }
                      },
                      {
                        "name": "max_price",
                        "in": "query",
                        "description": "Highest price in minor units of `currency`, inclusive; not below `min_price`.",
                        "schema": { "type": "integer", "format": "int64", "minimum": 0, "examples": [2500] }
                      },
                      {
                        "name": "currency",
                        "in": "query",
                        "description": "Only products priced in this currency. Where prices are compared (`min_price`, `max_price`, `sort` by price) the default is the store's currency, as amounts of different currencies cannot be compared; elsewhere products of every currency are listed.",
                        "schema": { "type": "string", "pattern": "^[A-Z]{3}$", "examples": ["USD"] }
                      },
                      {
                        "name": "in_stock",
                        "in": "query",
                        "description": "`true`: only products of which some variant can be bought now; `false`: only those that are sold out.",
                        "schema": { "type": "boolean" },
                        "example": true
                      },
                      {
                        "name": "sort",
                        "in": "query",
                        "description": "`relevance` (best match first) needs `q` and is the default with it; without `q` the default is `newest`. `-price` is dearest first. Ties go by id.",
                        "schema": { "type": "string", "enum": ["newest", "price", "-price", "name", "relevance"] },
                        "example": "price"
                      },
                      {
                        "name": "limit",
                        "in": "query",
                        "description": "Products a page.",
                        "schema": { "type": "integer", "minimum": 1, "maximum": 100, "default": 20 },
                        "example": 20
                      },
                      {
                        "name": "cursor",
                        "in": "query",
                        "description": "`next_cursor` of the page before, as it came. One that was altered, or belongs to another filter, is 400 `invalid_cursor`.",
                        "schema": { "type": "string", "maxLength": 2048, "pattern": "^[A-Za-z0-9_-]*$" }
                      },
                      {
                        "name": "include",
                        "in": "query",
                        "description": "`total` adds the number of products the filter lets through, counted up to 10,000. It costs a count, so ask for it on the first page only. What is not known is ignored.",
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
                            "description": "The next page (RFC 8288), relative to this service; absent on the last one.",
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
                                "summary": "A first page of one, with the total",
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
                        "description": "A parameter has a value it cannot have (`invalid_parameter`, with each of them in `errors`), the cursor is not one of this list (`invalid_cursor`), or the query cannot be read.",
                        "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                        "content": {
                          "application/problem+json": {
                            "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "enum": ["invalid_parameter", "invalid_cursor", "malformed_query", "bad_request"] } } },
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
                    "description": "The product with its variants, the default one first. Products that are no longer on sale are 404.",
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
                    "description": "The whole tree in one answer: the roots, each with what is below it.",
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
                    "description": "One category with what is below it.",
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
