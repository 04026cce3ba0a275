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
              "additionalProperties": false,
              "properties": {
        \#(members)
              }
            },
            "NewCart": {
              "type": "object",
              "description": "A cart with its secret.",
              "required": [
                "id", "token", "version", "status", "currency", "items", "subtotal", "discount", "tax", "shipping",
                "total", "updated_at", "expires_at"
              ],
              "additionalProperties": false,
              "properties": {
                "token": {
                  "type": "string",
                  "pattern": "^[A-Za-z0-9_-]{43}$",
                  "description": "The secret for `X-Cart-Token`. Shown this once: only its hash is kept."
                },
        \#(members)
              }
            },
            "OrderOfCart": {
              "type": "object",
              "description": "The order that was placed from the cart. Reading it takes the order's own token: where that answer was lost, send the same request with the same `Idempotency-Key` again.",
              "required": ["id", "number"],
              "additionalProperties": false,
              "properties": {
                "id": { "type": "string", "format": "uuid" },
                "number": { "type": "string", "example": "K7Q4M-2X9HB" }
              }
            },
            "CartConverted": {
              "type": "object",
              "description": "A problem that names the order to the holder of the cart's token.",
              "required": ["type", "title", "status", "code", "request_id"],
              "additionalProperties": false,
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
              "additionalProperties": false,
              "properties": {
                "sku": { "$ref": "#/components/schemas/SKU" },
                "product_id": { "type": "string", "format": "uuid" },
                "name": { "type": "string", "minLength": 1, "description": "The product's." },
                "options": { "$ref": "#/components/schemas/Options" },
                "quantity": { "$ref": "#/components/schemas/Quantity" },
                "unit_price": { "$ref": "#/components/schemas/Money", "description": "Today's, from the catalogue." },
                "line_total": { "$ref": "#/components/schemas/Money", "description": "`unit_price` times `quantity`; 0 in an active cart for what is `unavailable`." },
                "available": {
                  "type": "integer",
                  "minimum": 0,
                  "description": "How many could be bought at this moment, over all carts. May be below `quantity`: an order would be refused then with `insufficient_stock`."
                },
                "adjustment": {
                  "type": "string",
                  "enum": ["price_changed", "insufficient_stock", "quantity_reduced", "unavailable"],
                  "description": "What the shopper should be told; absent where there is nothing to tell. `price_changed`: the price moved since the line was last written. `insufficient_stock`: there are fewer than `quantity`, and `available` says how many; the quantity is kept. `unavailable`: sold out, or no longer on sale; the line counts 0 in the sums of an active cart. `quantity_reduced`: the quantity was cut to what there is, as this cart was made from another; said once."
                }
              }
            }
          },
          "parameters": {
            "ItemSKU": {
              "name": "sku",
              "in": "path",
              "required": true,
              "description": "The line's SKU, percent-encoded where it has characters such as `/`.",
              "schema": { "type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[^\\u0000\\r\\n]+$" },
              "example": "MUG-FERN-GRN"
            }
          },
          "headers": {
            "CartETag": {
              "description": "`\"version.hash\"`: the version is the cart's and goes up with every write; the hash also changes when a price or the stock shown does. Send it back in `If-Match` or `If-None-Match`.",
              "required": true,
              "schema": { "type": "string", "pattern": "^\"[0-9]+\\.[A-Za-z0-9_-]+\"$" },
              "example": "\"3.mYqRfaGkJ6Rb0mHnY2xw5Q\""
            }
          },
          "responses": {
            "Cart": {
              "description": "The cart as it is now.",
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
                      "summary": "Two mugs, and a bag that became dearer and is nearly sold out",
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
              "description": "The cart takes no writes any more: it became an order (`cart_converted`), went into another cart (`cart_merged`), or nobody came back for it in time (`cart_expired`). Make a new one.",
              "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
              "content": {
                "application/problem+json": {
                  "schema": {
                    "oneOf": [
                      { "$ref": "#/components/schemas/CartConverted" },
                      { "$ref": "#/components/schemas/Problem", "properties": { "code": { "enum": ["cart_merged", "cart_expired"] } } }
                    ]
                  },
                  "examples": {
                    "cart_converted": {
                      "value": {
                        "type": "/docs#cart_converted", "title": "Cart converted", "status": 409,
                        "detail": "An order was placed from this cart; make a new one.", "code": "cart_converted",
                        "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21",
                        "order": { "id": "019a2f75-4d20-7b91-9f36-e8c1a0b5d274", "number": "K7Q4M-2X9HB" }
                      }
                    }
                  }
                }
              }
            },
            "CartStillOfUse": {
              "description": "No new cart is made from this one: it still takes writes (`cart_active`), its lines are in another cart (`cart_merged`), or its order stands (`cart_converted`).",
              "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
              "content": {
                "application/problem+json": {
                  "schema": {
                    "oneOf": [
                      { "$ref": "#/components/schemas/CartConverted" },
                      { "$ref": "#/components/schemas/Problem", "properties": { "code": { "enum": ["cart_active", "cart_merged"] } } }
                    ]
                  },
                  "examples": {
                    "cart_active": {
                      "value": {
                        "type": "/docs#cart_active", "title": "Cart active", "status": 409,
                        "detail": "The cart still takes writes; go on with it.", "code": "cart_active",
                        "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21"
                      }
                    }
                  }
                }
              }
            },
            "InvalidCartWrite": {
              "description": "The body says something it cannot say; `errors` has all of it. Also: an unknown SKU, a line above 999, a 101st line, a sum greater than an amount can be.",
              "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
              "content": {
                "application/problem+json": {
                  "schema": { "$ref": "#/components/schemas/Problem", "required": ["errors"], "properties": { "code": { "const": "invalid" } } },
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
                        "type": "/docs#invalid", "title": "Invalid input", "status": 422, "detail": "there is no SKU MUG-FERN", "code": "invalid",
                        "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21",
                        "errors": [{ "pointer": "/sku", "detail": "there is no SKU MUG-FERN" }]
                      }
                    }
                  }
                }
              }
            }
          }
        }
        """#

    /// What a cart and a new cart have in common; both are closed, so that the secret can only be where it belongs.
    private static let members = #"""
                      "id": { "type": "string", "format": "uuid" },
                      "version": {
                        "type": "integer",
                        "format": "int64",
                        "minimum": 1,
                        "description": "One more with every write. Give it as `cart_version` when you place the order, to be told of a change in another tab."
                      },
                      "status": {
                        "type": "string",
                        "enum": ["active", "converted", "merged", "expired"],
                        "description": "Only an `active` cart takes writes. `converted`: it became an order."
                      },
                      "currency": { "$ref": "#/components/schemas/Currency" },
                      "items": {
                        "type": "array",
                        "maxItems": 100,
                        "description": "In the order they were first added.",
                        "items": { "$ref": "#/components/schemas/CartLine" }
                      },
                      "subtotal": { "$ref": "#/components/schemas/Money", "description": "The lines together." },
                      "discount": { "$ref": "#/components/schemas/Money" },
                      "tax": { "$ref": "#/components/schemas/Money" },
                      "shipping": { "$ref": "#/components/schemas/Money" },
                      "total": { "$ref": "#/components/schemas/Money", "description": "`subtotal` − `discount` + `tax` + `shipping`. Give it as `expected_total` when you place the order." },
                      "order": { "$ref": "#/components/schemas/OrderOfCart", "description": "With a `converted` cart." },
                      "updated_at": { "type": "string", "format": "date-time" },
                      "expires_at": { "type": "string", "format": "date-time", "description": "When it ends if nobody writes to it." }
        """#
}
