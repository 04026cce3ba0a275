import OpenAPI
import Web

extension OpenAPIFragment {
    /// The cart's calls.
    package static let cart = OpenAPIFragment(
        tag: "Carts",
        description: """
            The `token` of a cart gives access to it. The token is in the answer to POST /v1/carts and is never shown \
            again: store it with the cart's `id`, and send it as `X-Cart-Token`. Prices always come from the catalogue, \
            never from the client. A cart reserves no stock; placing an order does. A cart expires 30 days after its last \
            change, unless the shop sets another time.
            """,
        json: #"""
            {
              "paths": {
                "/v1/carts": {
                  "post": {
                    "operationId": "createCart",
                    "summary": "Create a cart",
                    "description": "Creates an empty cart. The body is optional.\n\nWith `from_cart`, and the token of that cart in `X-Cart-Token`, the new cart gets the lines of a cart that has expired, or whose order has expired or was cancelled. It has the present prices. A quantity above the stock is reduced (`quantity_reduced`); a line that cannot be bought is kept as `unavailable`. The old cart is not changed.\n\nOther carts are refused: an `active` cart can still be used (`cart_active`), a `merged` cart has its lines in another one (`cart_merged`), and for a cart with a valid order, `cart_converted` names the order. The answer is 404 if the token is missing or wrong.",
                    "parameters": [
                      {
                        "name": "X-Cart-Token",
                        "in": "header",
                        "description": "The `token` of the cart in `from_cart`. It is required with `from_cart`.",
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
                                "description": "ISO 4217 code in upper case. The default is the shop's currency. Only products with a price in this currency can be added.",
                                "pattern": "^[A-Z]{3}$"
                              },
                              "from_cart": {
                                "type": ["string", "null"],
                                "format": "uuid",
                                "description": "The `id` of an expired cart, or of one whose order has expired or was cancelled. The new cart gets its lines and its currency."
                              }
                            }
                          },
                          "examples": {
                            "again": {
                              "summary": "With the lines of a cart whose order expired",
                              "value": { "from_cart": "019a2f70-91b4-7e3a-8a55-2d6c0e9f1b47" }
                            },
                            "default": { "summary": "In the shop's currency", "value": {} },
                            "euro": { "summary": "In another currency", "value": { "currency": "EUR" } }
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
                    "description": "The cart at the present prices and stock. A cart that was ordered, merged or has expired can still be read: see its `status`, and `order` for the order that was placed from it.",
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
                    "summary": "Delete a cart",
                    "description": "Deletes the cart. A cart that was ordered cannot be deleted: 409 `cart_converted`.",
                    "parameters": [
                      { "$ref": "#/components/parameters/CartId" },
                      { "$ref": "#/components/parameters/CartToken" },
                      { "$ref": "#/components/parameters/IfMatch" }
                    ],
                    "responses": {
                      "204": {
                        "description": "The cart was deleted.",
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
                    "description": "Adds `quantity` to the quantity that the cart has of this SKU. Two requests add twice, also when they are sent at the same time. If you got no answer, read the cart, or set the quantity with PUT, which is safe to repeat. The quantity may exceed `available`: tell the shopper.",
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
                    "description": "Sets the quantity of a line; 0 removes it. A SKU that is not in the cart is added. A SKU that is not on sale is 404.",
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
                            "three": { "summary": "Set it to three", "value": { "quantity": 3 } },
                            "none": { "summary": "Remove the line", "value": { "quantity": 0 } }
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
                    "description": "The answer is 404 if the cart has no such line.",
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
        problems: [.cartActive, .cartConverted, .cartMerged, .cartExpired, .currencyMismatch])
}
