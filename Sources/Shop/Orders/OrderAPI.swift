import OpenAPI
import Web

extension OpenAPIFragment {
    /// The orders' calls.
    package static let orders = OpenAPIFragment(
        tag: "Orders",
        description: """
            An order is placed from a cart or from a list of SKUs, at the catalogue's prices at that moment. It reserves \
            its stock for 15 minutes, unless the shop sets another time. An order that is not paid by then becomes \
            `expired`, and its stock can be sold again. The `access_token` of an order gives access to it. It is only in \
            the answer to POST /v1/orders: store it, and send it as `X-Order-Token`. It expires 90 days after the last \
            change of an order that was delivered, cancelled or expired, unless the shop sets another time. A token that is \
            lost or has expired cannot be replaced.
            """,
        json: #"""
            {
              "paths": {
                "/v1/orders": {
                  "post": {
                    "operationId": "placeOrder",
                    "summary": "Place an order",
                    "description": "Places an order from a cart (`cart_id` with `X-Cart-Token`) or from a list of `items`. If one line is not available, nothing is ordered.\n\nCreate a random `Idempotency-Key` when the shopper presses the button, and keep it until you have an answer. Keep it secret: repeating the request with it returns the order's `access_token`. After a timeout, a lost connection, a 503 or a 409 `idempotency_in_flight`, send exactly the same body again with the same key. Only one order is placed, and a repeated request gets the same answer, with `Idempotent-Replayed: true`. Refusals are not stored: once the cart or the body is corrected, you can use the same key. Keys are stored for at least 24 hours.\n\nFor an order from a cart, the key is bound to the cart's token: the same key with another token is another key. The same key with another body is refused with 422 `idempotency_key_reused` once the first request has placed its order. While a request with the key is in progress, every other request with it is refused with 409 `idempotency_in_flight`.",
                    "parameters": [
                      {
                        "name": "Idempotency-Key",
                        "in": "header",
                        "required": true,
                        "description": "A random text of at most 255 visible characters, such as a UUID, with or without quotes. With `items` only this key distinguishes two clients, so it must be a UUID or have at least 22 base64url characters (128 random bits).",
                        "schema": { "type": "string", "pattern": "^(\"([ !#-\\[\\]-~]|\\\\[\"\\\\]){1,255}\"|[!#-+\\--:<-\\[\\]-~]{1,255})$" },
                        "example": "5f1c9a52-7d0e-4b3a-9c68-2e4f7a1b0d93"
                      },
                      {
                        "name": "X-Cart-Token",
                        "in": "header",
                        "description": "The cart's `token`. It is required with `cart_id`.",
                        "schema": { "type": "string", "minLength": 1 },
                        "example": "Jx0q3mZ8Yb5vT1nWc7RkLd2eUf9hAs4gPi6oXy_-Qt0"
                      }
                    ],
                    "requestBody": {
                      "required": true,
                      "content": {
                        "application/json": {
                          "schema": {
                            "oneOf": [
                              { "$ref": "#/components/schemas/CartOrder" },
                              { "$ref": "#/components/schemas/DirectOrder" }
                            ]
                          },
                          "examples": {
                            "cart": {
                              "summary": "The cart, as the shopper saw it",
                              "value": {
                                "cart_id": "019a2f70-91b4-7e3a-8a55-2d6c0e9f1b47",
                                "cart_version": 3,
                                "expected_total": { "amount": 2900, "currency": "USD" },
                                "email": "ada.park@example.com",
                                "shipping_address": {
                                  "name": "Ada Park", "line1": "12 Alder Row", "city": "Portland", "region": "OR",
                                  "postal_code": "97205", "country": "US"
                                }
                              }
                            },
                            "items": {
                              "summary": "Two mugs, without a cart",
                              "value": {
                                "items": [{ "sku": "MUG-FERN-GRN", "quantity": 2 }],
                                "email": "ada.park@example.com",
                                "shipping_address": {
                                  "name": "Ada Park", "line1": "12 Alder Row", "city": "Portland", "region": "OR",
                                  "postal_code": "97205", "country": "US"
                                }
                              }
                            }
                          }
                        }
                      }
                    },
                    "responses": {
                      "201": {
                        "description": "The order was placed, and its stock is reserved. A repeated request gets the first answer again, even if the order has changed since.",
                        "headers": {
                          "Location": { "$ref": "#/components/headers/Location" },
                          "ETag": { "$ref": "#/components/headers/ETag" },
                          "Idempotent-Replayed": {
                            "description": "`true` if an earlier request with the same key placed the order. Otherwise absent.",
                            "schema": { "type": "string", "const": "true" },
                            "example": "true"
                          },
                          "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                          "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                        },
                        "content": {
                          "application/json": {
                            "schema": { "$ref": "#/components/schemas/PlacedOrder" },
                            "examples": {
                              "placed": {
                                "value": {
                                  "id": "019a2f75-4d20-7b91-9f36-e8c1a0b5d274",
                                  "number": "K7Q4M-2X9HB",
                                  "access_token": "pW4tN8sVb2Qe6Zr0Yx1Kc9mLh5Jd3gFa7uTi_-oRzSk",
                                  "status": "pending_payment",
                                  "payment_status": "unpaid",
                                  "email": "ada.park@example.com",
                                  "currency": "USD",
                                  "items": [
                                    {
                                      "sku": "MUG-FERN-GRN",
                                      "product_id": "019a2f6e-0a10-7c55-8d21-6b7f3a1c9e02",
                                      "name": "Fern Enamel Mug",
                                      "options": { "colour": "Fern green" },
                                      "image": "/assets/fern-enamel-mug.svg",
                                      "quantity": 2,
                                      "unit_price": { "amount": 1450, "currency": "USD" },
                                      "line_total": { "amount": 2900, "currency": "USD" },
                                      "tax": { "amount": 0, "currency": "USD" }
                                    }
                                  ],
                                  "subtotal": { "amount": 2900, "currency": "USD" },
                                  "discount": { "amount": 0, "currency": "USD" },
                                  "tax": { "amount": 0, "currency": "USD" },
                                  "shipping": { "amount": 0, "currency": "USD" },
                                  "total": { "amount": 2900, "currency": "USD" },
                                  "shipping_address": {
                                    "name": "Ada Park", "line1": "12 Alder Row", "city": "Portland", "region": "OR",
                                    "postal_code": "97205", "country": "US"
                                  },
                                  "history": [{ "status": "pending_payment", "at": "2026-03-04T18:31:07.550913Z", "reason": "placed" }],
                                  "created_at": "2026-03-04T18:31:07.550913Z"
                                }
                              }
                            }
                          }
                        }
                      },
                      "400": {
                        "description": "The request is malformed, or the `Idempotency-Key` is missing (`idempotency_key_required`) or invalid (`invalid_idempotency_key`).",
                        "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                        "content": {
                          "application/problem+json": {
                            "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "x-extensible-enum": ["idempotency_key_required", "invalid_idempotency_key", "empty_body", "malformed_json", "bad_request"] } } },
                            "examples": {
                              "idempotency_key_required": {
                                "value": {
                                  "type": "/docs#idempotency_key_required", "title": "Idempotency-Key missing", "status": 400,
                                  "code": "idempotency_key_required", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21"
                                }
                              },
                              "invalid_idempotency_key": {
                                "value": {
                                  "type": "/docs#invalid_idempotency_key", "title": "Invalid Idempotency-Key", "status": 400,
                                  "code": "invalid_idempotency_key", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21",
                                  "errors": [{ "header": "Idempotency-Key", "detail": "must be a UUID or have at least 22 base64url characters for an order without a cart" }]
                                }
                              }
                            }
                          }
                        }
                      },
                      "404": { "$ref": "#/components/responses/NotFound" },
                      "409": {
                        "description": "Nothing was ordered. `insufficient_stock`, `price_changed` and `cart_changed` contain the present values: show them to the shopper. `open_orders_limit`, `held_units_limit` and `held_share_limit`: unpaid orders of this client or for this e-mail address reserve the maximum; pay or cancel one of them, or order less. `cart_converted` names the order that was placed from the cart. Only `idempotency_in_flight` should be sent again automatically.",
                        "headers": {
                          "Retry-After": {
                            "description": "Seconds to wait before you send the same request again. Only with `idempotency_in_flight`.",
                            "schema": { "type": "string", "pattern": "^[0-9]+$" },
                            "example": "1"
                          },
                          "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                        },
                        "content": {
                          "application/problem+json": {
                            "schema": {
                              "anyOf": [
                                { "$ref": "#/components/schemas/InsufficientStock" },
                                { "$ref": "#/components/schemas/PriceChanged" },
                                { "$ref": "#/components/schemas/CartChanged" },
                                { "$ref": "#/components/schemas/OpenOrdersLimit" },
                                { "$ref": "#/components/schemas/HeldUnitsLimit" },
                                { "$ref": "#/components/schemas/HeldShareLimit" },
                                { "$ref": "#/components/schemas/CartConverted" },
                                { "$ref": "#/components/schemas/Problem", "properties": { "code": { "x-extensible-enum": ["cart_empty", "cart_merged", "cart_expired", "idempotency_in_flight"] } } }
                              ]
                            },
                            "examples": {
                              "insufficient_stock": {
                                "value": {
                                  "type": "/docs#insufficient_stock", "title": "Insufficient stock", "status": 409,
                                  "detail": "There is not enough stock for every line.", "code": "insufficient_stock",
                                  "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21",
                                  "lines": [
                                    { "sku": "MUG-FERN-GRN", "requested": 2, "available": 84 },
                                    { "sku": "POUCH-FORAGER", "requested": 3, "available": 2 }
                                  ]
                                }
                              },
                              "price_changed": {
                                "value": {
                                  "type": "/docs#price_changed", "title": "Price changed", "status": 409,
                                  "detail": "The total is no longer the expected total.", "code": "price_changed",
                                  "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21",
                                  "expected_total": { "amount": 2900, "currency": "USD" },
                                  "total": { "amount": 3100, "currency": "USD" }
                                }
                              },
                              "cart_changed": {
                                "value": {
                                  "type": "/docs#cart_changed", "title": "Cart changed", "status": 409,
                                  "detail": "The cart has changed since version 3.", "code": "cart_changed",
                                  "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21", "cart_version": 4
                                }
                              },
                              "open_orders_limit": {
                                "value": {
                                  "type": "/docs#open_orders_limit", "title": "Too many unpaid orders", "status": 409,
                                  "detail": "From your address, 10 orders are open and not paid. Pay or cancel one of them, or wait until one expires.",
                                  "code": "open_orders_limit", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21", "limit": 10
                                }
                              },
                              "held_units_limit": {
                                "value": {
                                  "type": "/docs#held_units_limit", "title": "Too many pieces held", "status": 409,
                                  "detail": "From your address, unpaid orders can hold 500 pieces at most; they hold 480. Pay or cancel an order, or order less.",
                                  "code": "held_units_limit", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21", "limit": 500, "held": 480
                                }
                              },
                              "held_share_limit": {
                                "value": {
                                  "type": "/docs#held_share_limit", "title": "Too large a share of the stock", "status": 409,
                                  "detail": "Before you have paid, you can have at most 16 of MUG-FERN-GRN on order. Order less, or pay first.",
                                  "code": "held_share_limit", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21",
                                  "lines": [{ "sku": "MUG-FERN-GRN", "requested": 12, "held": 10, "limit": 16 }]
                                }
                              },
                              "idempotency_in_flight": {
                                "value": {
                                  "type": "/docs#idempotency_in_flight", "title": "Idempotency in flight", "status": 409,
                                  "detail": "A request with this Idempotency-Key is still in progress.", "code": "idempotency_in_flight",
                                  "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21"
                                }
                              }
                            }
                          }
                        }
                      },
                      "413": { "$ref": "#/components/responses/BodyTooLarge" },
                      "415": { "$ref": "#/components/responses/UnsupportedMediaType" },
                      "422": {
                        "description": "The body has invalid values, listed in `errors`, such as a SKU that does not exist or is not on sale, a quantity above the maximum of the variant (999 or less) or an incomplete address (`invalid`). Or the items have prices in two currencies (`currency_mismatch`). Or the key was used before with another body (`idempotency_key_reused`).",
                        "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                        "content": {
                          "application/problem+json": {
                            "schema": {
                              "anyOf": [
                                { "$ref": "#/components/schemas/CurrencyMismatch" },
                                { "$ref": "#/components/schemas/Problem", "properties": { "code": { "x-extensible-enum": ["invalid", "idempotency_key_reused"] } } }
                              ]
                            },
                            "examples": {
                              "invalid": {
                                "value": {
                                  "type": "/docs#invalid", "title": "Invalid input", "status": 422, "code": "invalid",
                                  "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21",
                                  "errors": [
                                    { "pointer": "/email", "detail": "must be an e-mail address" },
                                    { "pointer": "/shipping_address/country", "detail": "must be an ISO 3166-1 country code of two capital letters" }
                                  ]
                                }
                              },
                              "idempotency_key_reused": {
                                "value": {
                                  "type": "/docs#idempotency_key_reused", "title": "Idempotency key reused", "status": 422,
                                  "code": "idempotency_key_reused", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21"
                                }
                              }
                            }
                          }
                        }
                      },
                      "429": { "$ref": "#/components/responses/TooManyOrders" },
                      "503": { "$ref": "#/components/responses/Unavailable" }
                    }
                  }
                },
                "/v1/orders/{order}": {
                  "get": {
                    "operationId": "getOrder",
                    "summary": "Get an order",
                    "description": "The present state of an order, by its id or its number. A number can be written in upper or lower case, with or without the hyphen and spaces, with O for 0 and with I or L for 1. An order that ended without being paid is removed after some time (30 days by default): 404.",
                    "parameters": [
                      { "$ref": "#/components/parameters/OrderName" },
                      { "$ref": "#/components/parameters/OrderToken" },
                      { "$ref": "#/components/parameters/IfNoneMatch" }
                    ],
                    "responses": {
                      "200": { "$ref": "#/components/responses/Order" },
                      "304": { "$ref": "#/components/responses/NotModified" },
                      "400": { "$ref": "#/components/responses/Malformed" },
                      "404": { "$ref": "#/components/responses/NotFound" },
                      "429": { "$ref": "#/components/responses/TooManyRequests" },
                      "503": { "$ref": "#/components/responses/Unavailable" }
                    }
                  }
                },
                "/v1/orders/{order}/cancel": {
                  "post": {
                    "operationId": "cancelOrder",
                    "summary": "Cancel an order",
                    "description": "Cancels an order that has not been shipped, and releases its stock. The request has no body.",
                    "parameters": [
                      { "$ref": "#/components/parameters/OrderName" },
                      { "$ref": "#/components/parameters/OrderToken" }
                    ],
                    "responses": {
                      "200": { "$ref": "#/components/responses/Order" },
                      "400": { "$ref": "#/components/responses/Malformed" },
                      "404": { "$ref": "#/components/responses/NotFound" },
                      "409": {
                        "description": "The order can no longer be cancelled: it was shipped or delivered, or it has expired. Cancelling an order twice is answered with 200.",
                        "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                        "content": {
                          "application/problem+json": {
                            "schema": { "$ref": "#/components/schemas/IllegalTransition" },
                            "examples": {
                              "shipped": {
                                "value": {
                                  "type": "/docs#illegal_transition", "title": "Illegal transition", "status": 409,
                                  "detail": "An order that is shipped cannot become cancelled.", "code": "illegal_transition",
                                  "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21",
                                  "from": "shipped", "to": "cancelled", "allowed": ["delivered"]
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
                }
              },
              \#(orderComponents)
            }
            """#,
        problems: [
            .insufficientStock, .priceChanged, .cartChanged, .cartEmpty, .idempotencyInFlight, .idempotencyKeyReused,
            .illegalTransition, .tooManyOrders, .openOrdersLimit, .heldUnitsLimit, .heldShareLimit,
        ])
}
