import Web

extension OpenAPIFragment {
    /// The cart's calls.
    static let cart = OpenAPIFragment(
        tag: "Carts",
        description: """
            A cart belongs to whoever holds its `token`: it is in the answer to POST /v1/carts and never shown again, so \
            keep it beside the cart's `id` and send it as `X-Cart-Token`. Prices always come from the catalogue, never \
            from a client. A cart promises no stock: that happens when an order is placed. It ends 30 days (unless \
            configured otherwise) after the last write.
            """,
        json: #"""
            {
              "paths": {
                "/v1/carts": {
                  "post": {
                    "operationId": "createCart",
                    "summary": "Make a cart",
                    "description": "A new, empty cart. The body may be left out.\n\nWith `from_cart`, and that cart's token in `X-Cart-Token`, the new cart has the lines of a cart that came to its end: one that `expired`, or one whose order expired or was cancelled. Its prices are today's. A line takes no more than there is (`quantity_reduced`); a line that cannot be bought at all stays, and says `unavailable`. The cart that ended is not changed.\n\nOther carts are refused: an `active` one (`cart_active`) can be used as it is, the lines of a `merged` one are in another cart (`cart_merged`), and of one whose order stands, `cart_converted` names the order. Without the token there is no such cart: 404.",
                    "parameters": [
                      {
                        "name": "X-Cart-Token",
                        "in": "header",
                        "description": "The `token` of the cart that `from_cart` names; needed with it only.",
                        "schema": { "type": "string", "minLength": 1 },
                        "example": "Jx0q3mZ8Yb5vT1nWc7RkLd2eUf9hAs4gPi6oXy_-Qt0"
                      }
                    ],
                    "requestBody": {
                      "required": false,
                      "content": {
                        "application/json": {
                          "schema": {
                            "type": "object",
                            "properties": {
                              "currency": {
                                "type": ["string", "null"],
                                "description": "ISO 4217 code, upper case; the shop's own by default. Only products priced in it can be added.",
                                "pattern": "^[A-Z]{3}$"
                              },
                              "from_cart": {
                                "type": ["string", "null"],
                                "format": "uuid",
                                "description": "The `id` of a cart that came to its end. The new cart has its lines and its currency."
                              }
                            }
                          },
                          "examples": {
                            "again": {
                              "summary": "With the lines of a cart whose order expired",
                              "value": { "from_cart": "019a2f70-91b4-7e3a-8a55-2d6c0e9f1b47" }
                            },
                            "default": { "summary": "In the shop's currency", "value": {} },
                            "euro": { "summary": "In another", "value": { "currency": "EUR" } }
                          }
                        }
                      }
                    },
                    "responses": {
                      "201": {
                        "description": "The cart, with its token.",
                        "headers": {
                          "Location": { "$ref": "#/components/headers/Location" },
                          "ETag": { "$ref": "#/components/headers/CartETag" },
                          "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                          "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                        },
                        "content": {
                          "application/json": {
                            "schema": { "$ref": "#/components/schemas/NewCart" },
                            "examples": {
                              "new": {
                                "value": {
                                  "id": "019a2f70-91b4-7e3a-8a55-2d6c0e9f1b47",
                                  "token": "Jx0q3mZ8Yb5vT1nWc7RkLd2eUf9hAs4gPi6oXy_-Qt0",
                                  "version": 1,
                                  "status": "active",
                                  "currency": "USD",
                                  "items": [],
                                  "subtotal": { "amount": 0, "currency": "USD" },
                                  "discount": { "amount": 0, "currency": "USD" },
                                  "tax": { "amount": 0, "currency": "USD" },
                                  "shipping": { "amount": 0, "currency": "USD" },
                                  "total": { "amount": 0, "currency": "USD" },
                                  "updated_at": "2026-03-04T18:20:11.402117Z",
                                  "expires_at": "2026-04-03T18:20:11.402117Z"
                                }
                              }
                            }
                          }
                        }
                      },
                      "400": { "$ref": "#/components/responses/MalformedBody" },
                      "404": { "$ref": "#/components/responses/NotFound" },
                      "409": { "$ref": "#/components/responses/CartStillOfUse" },
                      "413": { "$ref": "#/components/responses/BodyTooLarge" },
                      "415": { "$ref": "#/components/responses/UnsupportedMediaType" },
                      "422": { "$ref": "#/components/responses/InvalidCartWrite" },
                      "429": { "$ref": "#/components/responses/TooManyRequests" },
                      "503": { "$ref": "#/components/responses/Unavailable" }
                    }
                  }
                },
                "/v1/carts/{id}": {
                  "get": {
                    "operationId": "getCart",
                    "summary": "Get a cart",
                    "description": "The cart at today's prices and stock. One that was ordered from, merged or forgotten can still be read; its `status` says so, and `order` names the order that was placed from it.",
                    "parameters": [
                      { "$ref": "#/components/parameters/CartId" },
                      { "$ref": "#/components/parameters/CartToken" },
                      { "$ref": "#/components/parameters/IfNoneMatch" }
                    ],
                    "responses": {
                      "200": { "$ref": "#/components/responses/Cart" },
                      "304": { "$ref": "#/components/responses/NotModified" },
                      "400": { "$ref": "#/components/responses/Malformed" },
                      "404": { "$ref": "#/components/responses/NotFound" },
                      "422": { "$ref": "#/components/responses/InvalidCartWrite" },
                      "429": { "$ref": "#/components/responses/TooManyRequests" },
                      "503": { "$ref": "#/components/responses/Unavailable" }
                    }
                  },
                  "delete": {
                    "operationId": "deleteCart",
                    "summary": "Drop a cart",
                    "description": "The cart is gone for good. One that became an order stays: 409 `cart_converted`.",
                    "parameters": [
                      { "$ref": "#/components/parameters/CartId" },
                      { "$ref": "#/components/parameters/CartToken" },
                      { "$ref": "#/components/parameters/IfMatch" }
                    ],
                    "responses": {
                      "204": {
                        "description": "Gone.",
                        "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } }
                      },
                      "400": { "$ref": "#/components/responses/Malformed" },
                      "404": { "$ref": "#/components/responses/NotFound" },
                      "409": { "$ref": "#/components/responses/CartNotWritable" },
                      "412": { "$ref": "#/components/responses/PreconditionFailed" },
                      "429": { "$ref": "#/components/responses/TooManyRequests" },
                      "503": { "$ref": "#/components/responses/Unavailable" }
                    }
                  }
                },
                "/v1/carts/{id}/items": {
                  "post": {
                    "operationId": "addCartItem",
                    "summary": "Add to a cart",
                    "description": "Adds `quantity` to what the cart has of the SKU; adds sent at the same time all count. Sending it twice adds twice: where an answer was lost, read the cart, or set the line with PUT, which can be repeated. The quantity may be above `available`; show the shopper that it is.",
                    "parameters": [
                      { "$ref": "#/components/parameters/CartId" },
                      { "$ref": "#/components/parameters/CartToken" },
                      { "$ref": "#/components/parameters/IfMatch" }
                    ],
                    "requestBody": {
                      "required": true,
                      "content": {
                        "application/json": {
                          "schema": {
                            "type": "object",
                            "required": ["sku", "quantity"],
                            "properties": {
                              "sku": { "$ref": "#/components/schemas/SKU" },
                              "quantity": { "$ref": "#/components/schemas/Quantity" }
                            }
                          },
                          "examples": {
                            "two": { "summary": "Two mugs", "value": { "sku": "MUG-FERN-GRN", "quantity": 2 } }
                          }
                        }
                      }
                    },
                    "responses": {
                      "200": { "$ref": "#/components/responses/Cart" },
                      "400": { "$ref": "#/components/responses/MalformedBody" },
                      "404": { "$ref": "#/components/responses/NotFound" },
                      "409": { "$ref": "#/components/responses/CartNotWritable" },
                      "412": { "$ref": "#/components/responses/PreconditionFailed" },
                      "413": { "$ref": "#/components/responses/BodyTooLarge" },
                      "415": { "$ref": "#/components/responses/UnsupportedMediaType" },
                      "422": { "$ref": "#/components/responses/InvalidCartWrite" },
                      "429": { "$ref": "#/components/responses/TooManyRequests" },
                      "503": { "$ref": "#/components/responses/Unavailable" }
                    }
                  }
                },
                "/v1/carts/{id}/items/{sku}": {
                  "put": {
                    "operationId": "setCartItem",
                    "summary": "Set a line's quantity",
                    "description": "The line has exactly this quantity afterwards; 0 removes it. A SKU that is not in the cart yet is put there; one the catalogue does not offer in the cart's currency is 404.",
                    "parameters": [
                      { "$ref": "#/components/parameters/CartId" },
                      { "$ref": "#/components/parameters/ItemSKU" },
                      { "$ref": "#/components/parameters/CartToken" },
                      { "$ref": "#/components/parameters/IfMatch" }
                    ],
                    "requestBody": {
                      "required": true,
                      "content": {
                        "application/json": {
                          "schema": {
                            "type": "object",
                            "required": ["quantity"],
                            "properties": {
                              "quantity": { "type": "integer", "minimum": 0, "maximum": 999, "description": "0 removes the line." }
                            }
                          },
                          "examples": {
                            "three": { "summary": "Three of it", "value": { "quantity": 3 } },
                            "none": { "summary": "None of it", "value": { "quantity": 0 } }
                          }
                        }
                      }
                    },
                    "responses": {
                      "200": { "$ref": "#/components/responses/Cart" },
                      "400": { "$ref": "#/components/responses/MalformedBody" },
                      "404": { "$ref": "#/components/responses/NotFound" },
                      "409": { "$ref": "#/components/responses/CartNotWritable" },
                      "412": { "$ref": "#/components/responses/PreconditionFailed" },
                      "413": { "$ref": "#/components/responses/BodyTooLarge" },
                      "415": { "$ref": "#/components/responses/UnsupportedMediaType" },
                      "422": { "$ref": "#/components/responses/InvalidCartWrite" },
                      "429": { "$ref": "#/components/responses/TooManyRequests" },
                      "503": { "$ref": "#/components/responses/Unavailable" }
                    }
                  },
                  "delete": {
                    "operationId": "removeCartItem",
                    "summary": "Remove a line",
                    "description": "404 where the cart has no such line.",
                    "parameters": [
                      { "$ref": "#/components/parameters/CartId" },
                      { "$ref": "#/components/parameters/ItemSKU" },
                      { "$ref": "#/components/parameters/CartToken" },
                      { "$ref": "#/components/parameters/IfMatch" }
                    ],
                    "responses": {
                      "200": { "$ref": "#/components/responses/Cart" },
                      "400": { "$ref": "#/components/responses/Malformed" },
                      "404": { "$ref": "#/components/responses/NotFound" },
                      "409": { "$ref": "#/components/responses/CartNotWritable" },
                      "412": { "$ref": "#/components/responses/PreconditionFailed" },
                      "422": { "$ref": "#/components/responses/InvalidCartWrite" },
                      "429": { "$ref": "#/components/responses/TooManyRequests" },
                      "503": { "$ref": "#/components/responses/Unavailable" }
                    }
                  }
                }
              },
              \#(cartComponents)
            }
            """#,
        problems: [.cartActive, .cartConverted, .cartMerged, .cartExpired])
}
