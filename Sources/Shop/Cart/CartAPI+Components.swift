import OpenAPI
import Web

extension OpenAPIFragment {
    /// What the calls of carts take and answer.
    static let cartComponents = #"""
        "components": {
          "schemas": {
            "Cart": {
              "type": "object",
              "required": [
                "id", "version", "status", "currency", "items", "subtotal", "discount", "tax", "shipping", "total",
                "updated_at", "expires_at"
              ],
              "properties": {
        \#(members)
              }
            },
            "NewCart": {
              "type": "object",
              "description": "A cart with its secret token.",
              "required": [
                "id", "token", "version", "status", "currency", "items", "subtotal", "discount", "tax", "shipping",
                "total", "updated_at", "expires_at"
              ],
              "properties": {
                "token": {
                  "type": "string",
                  "pattern": "^[A-Za-z0-9_-]{43}$",
                  "description": "The secret for `X-Cart-Token`. It is shown only once: the service stores only its hash."
                },
        \#(members)
              }
            },
            "OrderOfCart": {
              "type": "object",
              "description": "The order that was placed from the cart. To read it you need the order's own token. If you lost that answer, send the same request again with the same `Idempotency-Key`.",
              "required": ["id", "number"],
              "properties": {
                "id": { "type": "string", "format": "uuid" },
                "number": { "type": "string", "example": "K7Q4M-2X9HB" }
              }
            },
            "CartConverted": {
              "type": "object",
              "description": "The problem `cart_converted`, with the order that was placed from the cart.",
              "required": ["type", "title", "status", "code", "request_id"],
              "properties": {
                "type": { "type": "string", "format": "uri-reference" },
                "title": { "type": "string" },
                "status": { "const": 409 },
                "detail": { "type": "string" },
                "code": { "const": "cart_converted" },
                "request_id": { "type": "string" },
                "order": { "$ref": "#/components/schemas/OrderOfCart" }
              }
            },
            "CartLine": {
              "type": "object",
              "required": ["sku", "product_id", "name", "options", "quantity", "unit_price", "line_total", "available"],
              "properties": {
                "sku": { "$ref": "#/components/schemas/SKU" },
                "product_id": { "type": "string", "format": "uuid" },
                "name": { "type": "string", "minLength": 1, "description": "The name of the product." },
                "options": { "$ref": "#/components/schemas/Options" },
                "quantity": { "$ref": "#/components/schemas/Quantity" },
                "unit_price": { "$ref": "#/components/schemas/Money", "description": "The present price in the catalogue." },
                "line_total": { "$ref": "#/components/schemas/Money", "description": "`unit_price` times `quantity`. It is 0 if the line is `unavailable` in an active cart." },
                "available": {
                  "type": "integer",
                  "minimum": 0,
                  "description": "How many can be bought at this moment. If it is below `quantity`, an order is refused with `insufficient_stock`."
                },
                "adjustment": {
                  "type": "string",
                  "x-extensible-enum": ["price_changed", "insufficient_stock", "quantity_reduced", "unavailable"],
                  "description": "What the shopper should know about this line; absent if there is nothing. `price_changed`: the price has changed since the line was last written. `insufficient_stock`: fewer than `quantity` are left, see `available`; the quantity is kept. `unavailable`: sold out or no longer on sale; the line adds nothing to the total of an active cart. `quantity_reduced`: the quantity was reduced to the stock when this cart was created from another; this is shown once."
                }
              }
            },
            "CurrencyMismatch": {
              "type": "object",
              "description": "The problem `currency_mismatch`, with both currencies. `errors` names each item that is priced in another currency.",
              "required": ["type", "title", "status", "code", "request_id", "errors", "currency", "other_currency"],
              "properties": {
                "type": { "type": "string", "format": "uri-reference" },
                "title": { "type": "string" },
                "status": { "const": 422 },
                "detail": { "type": "string" },
                "code": { "const": "currency_mismatch" },
                "request_id": { "type": "string" },
                "errors": { "type": "array", "minItems": 1, "items": { "$ref": "#/components/schemas/InputFault" } },
                "currency": { "$ref": "#/components/schemas/Currency", "description": "The currency of the cart or order." },
                "other_currency": { "$ref": "#/components/schemas/Currency", "description": "The currency of the item." }
              }
            }
          },
          "parameters": {
            "ItemSKU": {
              "name": "sku",
              "in": "path",
              "required": true,
              "description": "The SKU of the line. Characters such as `/` must be percent-encoded.",
              "schema": { "type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[^\\u0000\\r\\n]+$" },
              "example": "MUG-FERN-GRN"
            }
          },
          "headers": {
            "CartETag": {
              "description": "`\"version.hash\"`. The version is that of the cart and grows with every change. The hash also changes when a price or the stock changes. Send it in `If-Match` or `If-None-Match`.",
              "required": true,
              "schema": { "type": "string", "pattern": "^\"[0-9]+\\.[A-Za-z0-9_-]+\"$" },
              "example": "\"3.mYqRfaGkJ6Rb0mHnY2xw5Q\""
            }
          },
          "responses": {
            "Cart": {
              "description": "The present state of the cart.",
              "headers": {
                "ETag": { "$ref": "#/components/headers/CartETag" },
                "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
              },
              "content": {
                "application/json": {
                  "schema": { "$ref": "#/components/schemas/Cart" },
                  "examples": {
                    "mugs": {
                      "summary": "Two mugs, and a bag with a higher price of which only two are left",
                      "value": {
                        "id": "019a2f70-91b4-7e3a-8a55-2d6c0e9f1b47",
                        "version": 3,
                        "status": "active",
                        "currency": "USD",
                        "items": [
                          {
                            "sku": "MUG-FERN-GRN",
                            "product_id": "019a2f6e-0a10-7c55-8d21-6b7f3a1c9e02",
                            "name": "Fern Enamel Mug",
                            "options": { "colour": "Fern green" },
                            "quantity": 2,
                            "unit_price": { "amount": 1450, "currency": "USD" },
                            "line_total": { "amount": 2900, "currency": "USD" },
                            "available": 84
                          },
                          {
                            "sku": "POUCH-FORAGER",
                            "product_id": "019a2f6e-0a31-7b08-b6c9-45d0e7f8a112",
                            "name": "Forager Hip Pouch",
                            "options": {},
                            "quantity": 3,
                            "unit_price": { "amount": 3900, "currency": "USD" },
                            "line_total": { "amount": 11700, "currency": "USD" },
                            "available": 2,
                            "adjustment": "price_changed"
                          }
                        ],
                        "subtotal": { "amount": 14600, "currency": "USD" },
                        "discount": { "amount": 0, "currency": "USD" },
                        "tax": { "amount": 0, "currency": "USD" },
                        "shipping": { "amount": 0, "currency": "USD" },
                        "total": { "amount": 14600, "currency": "USD" },
                        "updated_at": "2026-03-04T18:24:53.118204Z",
                        "expires_at": "2026-04-03T18:24:53.118204Z"
                      }
                    }
                  }
                }
              }
            },
            "CartNotWritable": {
              "description": "The cart can no longer be changed: an order was placed from it (`cart_converted`), it was merged into another cart (`cart_merged`), or it has expired (`cart_expired`). Create a new cart.",
              "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
              "content": {
                "application/problem+json": {
                  "schema": {
                    "anyOf": [
                      { "$ref": "#/components/schemas/CartConverted" },
                      { "$ref": "#/components/schemas/Problem", "properties": { "code": { "x-extensible-enum": ["cart_merged", "cart_expired"] } } }
                    ]
                  },
                  "examples": {
                    "cart_converted": {
                      "value": {
                        "type": "/docs#cart_converted", "title": "Cart converted", "status": 409,
                        "detail": "An order was placed from this cart. Create a new cart.", "code": "cart_converted",
                        "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21",
                        "order": { "id": "019a2f75-4d20-7b91-9f36-e8c1a0b5d274", "number": "K7Q4M-2X9HB" }
                      }
                    }
                  }
                }
              }
            },
            "CartStillOfUse": {
              "description": "No new cart can be created from this one: it is still active (`cart_active`), it was merged into another cart (`cart_merged`), or its order is still valid (`cart_converted`).",
              "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
              "content": {
                "application/problem+json": {
                  "schema": {
                    "anyOf": [
                      { "$ref": "#/components/schemas/CartConverted" },
                      { "$ref": "#/components/schemas/Problem", "properties": { "code": { "x-extensible-enum": ["cart_active", "cart_merged"] } } }
                    ]
                  },
                  "examples": {
                    "cart_active": {
                      "value": {
                        "type": "/docs#cart_active", "title": "Cart active", "status": 409,
                        "detail": "The cart is still active. Use it.", "code": "cart_active",
                        "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21"
                      }
                    }
                  }
                }
              }
            },
            "InvalidCartWrite": {
              "description": "The body has invalid values, listed in `errors`; the SKU is unknown; the line would exceed 999, or what an order can have of that variant; the cart would exceed 100 lines; or the sum is too large (`invalid`). Or the SKU has a price in another currency than the cart (`currency_mismatch`).",
              "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
              "content": {
                "application/problem+json": {
                  "schema": {
                    "anyOf": [
                      { "$ref": "#/components/schemas/CurrencyMismatch" },
                      { "$ref": "#/components/schemas/Problem", "required": ["errors"], "properties": { "code": { "x-extensible-enum": ["invalid"] } } }
                    ]
                  },
                  "examples": {
                    "quantity": {
                      "value": {
                        "type": "/docs#invalid", "title": "Invalid input", "status": 422, "detail": "must be 1 to 999", "code": "invalid",
                        "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21",
                        "errors": [{ "pointer": "/quantity", "detail": "must be 1 to 999" }]
                      }
                    },
                    "sku": {
                      "value": {
                        "type": "/docs#invalid", "title": "Invalid input", "status": 422, "detail": "SKU MUG-FERN does not exist", "code": "invalid",
                        "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21",
                        "errors": [{ "pointer": "/sku", "detail": "SKU MUG-FERN does not exist" }]
                      }
                    },
                    "currency_mismatch": {
                      "value": {
                        "type": "/docs#currency_mismatch", "title": "Currency mismatch", "status": 422,
                        "detail": "MUG-FERN-GRN is priced in USD, and the cart in EUR", "code": "currency_mismatch",
                        "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21",
                        "errors": [{ "pointer": "/sku", "detail": "MUG-FERN-GRN is priced in USD, and the cart in EUR" }],
                        "currency": "EUR", "other_currency": "USD"
                      }
                    }
                  }
                }
              }
            }
          }
        }
        """#

    /// What a cart and a new cart have in common; the tests read both as closed, so that the secret can only be where it belongs.
    private static let members = #"""
                      "id": { "type": "string", "format": "uuid" },
                      "version": {
                        "type": "integer",
                        "format": "int64",
                        "minimum": 1,
                        "description": "It grows with every change. Send it as `cart_version` with the order: the order is refused if the cart was changed meanwhile, for example in another tab."
                      },
                      "status": {
                        "type": "string",
                        "x-extensible-enum": ["active", "converted", "merged", "expired"],
                        "description": "Only an `active` cart can be changed. `converted`: an order was placed from it. `merged`: its lines were moved to another cart."
                      },
                      "currency": { "$ref": "#/components/schemas/Currency" },
                      "items": {
                        "type": "array",
                        "maxItems": 100,
                        "description": "In the order in which they were added.",
                        "items": { "$ref": "#/components/schemas/CartLine" }
                      },
                      "subtotal": { "$ref": "#/components/schemas/Money", "description": "The sum of the lines." },
                      "discount": { "$ref": "#/components/schemas/Money" },
                      "tax": { "$ref": "#/components/schemas/Money" },
                      "shipping": { "$ref": "#/components/schemas/Money" },
                      "total": { "$ref": "#/components/schemas/Money", "description": "`subtotal` − `discount` + `tax` + `shipping`. Send it as `expected_total` when you place the order." },
                      "order": { "$ref": "#/components/schemas/OrderOfCart", "description": "Only in a `converted` cart." },
                      "updated_at": { "type": "string", "format": "date-time" },
                      "expires_at": { "type": "string", "format": "date-time", "description": "When the cart expires, unless it is changed before." }
        """#
}
