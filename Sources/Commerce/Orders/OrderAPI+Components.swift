import Web

extension OpenAPIFragment {
    /// What the calls of orders take and answer.
    static let orderComponents = #"""
        "components": {
          "schemas": {
            "CartOrder": {
              "type": "object",
              "description": "An order for what is in a cart.",
              "required": ["cart_id", "email", "shipping_address"],
              "properties": {
                "cart_id": { "type": "string", "format": "uuid" },
                "items": { "type": "null", "description": "Either `cart_id` or `items`." },
                "cart_version": {
                  "type": ["integer", "null"],
                  "format": "int64",
                  "minimum": 1,
                  "description": "The cart's `version` that the shopper saw; another is refused with `cart_changed`."
                },
        \#(requestMembers)
              }
            },
            "DirectOrder": {
              "type": "object",
              "description": "An order for a list of SKUs. One that is there twice is added up.",
              "required": ["items", "email", "shipping_address"],
              "properties": {
                "cart_id": { "type": "null", "description": "Either `cart_id` or `items`." },
                "items": {
                  "type": "array",
                  "minItems": 1,
                  "maxItems": 100,
                  "items": {
                    "type": "object",
                    "required": ["sku", "quantity"],
                    "properties": {
                      "sku": { "$ref": "#/components/schemas/SKU" },
                      "quantity": { "$ref": "#/components/schemas/Quantity" }
                    }
                  }
                },
        \#(requestMembers)
              }
            },
            "Order": {
              "type": "object",
              "required": [
                "id", "number", "status", "payment_status", "email", "currency", "items", "subtotal", "discount", "tax",
                "shipping", "total", "shipping_address", "history", "created_at"
              ],
              "additionalProperties": false,
              "properties": {
        \#(members)
              }
            },
            "PlacedOrder": {
              "type": "object",
              "description": "An order with its secret.",
              "required": [
                "id", "number", "access_token", "status", "payment_status", "email", "currency", "items", "subtotal",
                "discount", "tax", "shipping", "total", "shipping_address", "history", "created_at"
              ],
              "additionalProperties": false,
              "properties": {
                "access_token": {
                  "type": "string",
                  "pattern": "^[A-Za-z0-9_-]{43}$",
                  "description": "The secret for `X-Order-Token`. Shown in the answer to this request only, and to its repetitions with the same key."
                },
        \#(members)
              }
            },
            "OrderLine": {
              "type": "object",
              "description": "What was bought, as it was called and priced then; later edits of the catalogue change none of it.",
              "required": ["sku", "product_id", "name", "options", "image", "quantity", "unit_price", "line_total", "tax"],
              "additionalProperties": false,
              "properties": {
                "sku": { "$ref": "#/components/schemas/SKU" },
                "product_id": { "type": "string", "format": "uuid" },
                "name": { "type": "string", "minLength": 1 },
                "options": { "$ref": "#/components/schemas/Options" },
                "image": { "type": ["string", "null"], "format": "uri-reference" },
                "quantity": { "$ref": "#/components/schemas/Quantity" },
                "unit_price": { "$ref": "#/components/schemas/Money" },
                "line_total": { "$ref": "#/components/schemas/Money", "description": "`unit_price` times `quantity`, before tax." },
                "tax": { "$ref": "#/components/schemas/Money" }
              }
            },
            "OrderEvent": {
              "type": "object",
              "required": ["status", "at", "reason"],
              "additionalProperties": false,
              "properties": {
                "status": { "$ref": "#/components/schemas/OrderStatus" },
                "at": { "type": "string", "format": "date-time" },
                "reason": { "type": ["string", "null"], "description": "For people." }
              }
            },
            "OrderStatus": {
              "type": "string",
              "pattern": "^[a-z][a-z_]*$",
              "examples": ["pending_payment", "confirmed", "processing", "shipped", "delivered", "cancelled", "expired"],
              "description": "Later releases may add others; show one that you do not know as it is. `pending_payment` → `confirmed` → `processing` → `shipped` → `delivered`; up to `processing` it can be `cancelled`; unpaid for too long it is `expired`."
            },
            "InsufficientStock": {
              "type": "object",
              "description": "A problem with what there is of every line.",
              "required": ["type", "title", "status", "code", "request_id", "lines"],
              "additionalProperties": false,
              "properties": {
        \#(problem("insufficient_stock")),
                "lines": {
                  "type": "array",
                  "minItems": 1,
                  "description": "All lines of the order; those short of stock have `available` below `requested`.",
                  "items": {
                    "type": "object",
                    "required": ["sku", "requested", "available"],
                    "additionalProperties": false,
                    "properties": {
                      "sku": { "$ref": "#/components/schemas/SKU" },
                      "requested": { "$ref": "#/components/schemas/Quantity" },
                      "available": { "type": "integer", "minimum": 0, "description": "What could be bought; 0 also for what is no longer on sale." },
                      "adjustment": {
                        "type": "string",
                        "const": "unavailable",
                        "description": "It was in the cart, and is no longer on sale."
                      }
                    }
                  }
                }
              }
            },
            "OpenOrdersLimit": {
              "type": "object",
              "description": "A problem: as many unpaid orders are open as may be.",
              "required": ["type", "title", "status", "code", "request_id", "limit"],
              "additionalProperties": false,
              "properties": {
        \#(problem("open_orders_limit")),
                "limit": { "type": "integer", "minimum": 1 }
              }
            },
            "HeldUnitsLimit": {
              "type": "object",
              "description": "A problem: unpaid orders would hold more pieces than they may.",
              "required": ["type", "title", "status", "code", "request_id", "limit", "held"],
              "additionalProperties": false,
              "properties": {
        \#(problem("held_units_limit")),
                "limit": { "type": "integer", "minimum": 1 },
                "held": { "type": "integer", "minimum": 0, "description": "What unpaid orders hold already." }
              }
            },
            "HeldShareLimit": {
              "type": "object",
              "description": "A problem: unpaid orders of one client would hold too much of some variants' stock.",
              "required": ["type", "title", "status", "code", "request_id", "lines"],
              "additionalProperties": false,
              "properties": {
        \#(problem("held_share_limit")),
                "lines": {
                  "type": "array",
                  "minItems": 1,
                  "description": "The lines that ask for too much.",
                  "items": {
                    "type": "object",
                    "required": ["sku", "requested", "held", "limit"],
                    "additionalProperties": false,
                    "properties": {
                      "sku": { "$ref": "#/components/schemas/SKU" },
                      "requested": { "$ref": "#/components/schemas/Quantity" },
                      "held": { "type": "integer", "minimum": 0, "description": "What the client's unpaid orders hold already." },
                      "limit": { "type": "integer", "minimum": 1, "description": "What they may hold together." }
                    }
                  }
                }
              }
            },
            "PriceChanged": {
              "type": "object",
              "description": "A problem with the total as it would be now.",
              "required": ["type", "title", "status", "code", "request_id", "expected_total", "total"],
              "additionalProperties": false,
              "properties": {
        \#(problem("price_changed")),
                "expected_total": { "$ref": "#/components/schemas/Money" },
                "total": { "$ref": "#/components/schemas/Money" }
              }
            },
            "CartChanged": {
              "type": "object",
              "description": "A problem with the cart's present version.",
              "required": ["type", "title", "status", "code", "request_id", "cart_version"],
              "additionalProperties": false,
              "properties": {
        \#(problem("cart_changed")),
                "cart_version": { "type": "integer", "format": "int64", "minimum": 1 }
              }
            },
            "IllegalTransition": {
              "type": "object",
              "description": "A problem with where the order could go from here.",
              "required": ["type", "title", "status", "code", "request_id", "from", "to", "allowed"],
              "additionalProperties": false,
              "properties": {
        \#(problem("illegal_transition")),
                "from": { "$ref": "#/components/schemas/OrderStatus" },
                "to": { "$ref": "#/components/schemas/OrderStatus" },
                "allowed": { "type": "array", "items": { "$ref": "#/components/schemas/OrderStatus" } }
              }
            }
          },
          "responses": {
            "TooManyOrders": {
              "description": "This client has sent too many requests (`rate_limited`) or too many orders (`too_many_orders`; attempts count). Wait as long as `Retry-After` says.",
              "headers": {
                "Retry-After": { "$ref": "#/components/headers/RetryAfter" },
                "RateLimit-Policy": { "$ref": "#/components/headers/RateLimitPolicy" },
                "RateLimit": { "$ref": "#/components/headers/RateLimit" },
                "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
              },
              "content": {
                "application/problem+json": {
                  "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "enum": ["rate_limited", "too_many_orders"] } } },
                  "examples": {
                    "too_many_orders": {
                      "value": {
                        "type": "/docs#too_many_orders", "title": "Too many orders", "status": 429,
                        "detail": "From your address, at most 10 orders can be sent in a minute.", "code": "too_many_orders",
                        "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21"
                      }
                    }
                  }
                }
              }
            },
            "Order": {
              "description": "The order as it is now.",
              "headers": {
                "ETag": { "$ref": "#/components/headers/ETag" },
                "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
              },
              "content": {
                "application/json": {
                  "schema": { "$ref": "#/components/schemas/Order" },
                  "examples": {
                    "cancelled": {
                      "summary": "Cancelled by its shopper",
                      "value": {
                        "id": "019a2f75-4d20-7b91-9f36-e8c1a0b5d274",
                        "number": "K7Q4M-2X9HB",
                        "status": "cancelled",
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
                        "history": [
                          { "status": "pending_payment", "at": "2026-03-04T18:31:07.550913Z", "reason": "placed" },
                          { "status": "cancelled", "at": "2026-03-04T18:33:40.071250Z", "reason": "cancelled by the shopper" }
                        ],
                        "created_at": "2026-03-04T18:31:07.550913Z"
                      }
                    }
                  }
                }
              }
            }
          }
        }
        """#

    /// What both ways of ordering take.
    private static let requestMembers = #"""
                      "expected_total": {
                        "description": "The total that the shopper was shown; any other is refused with `price_changed`. Nothing is priced by it.",
                        "anyOf": [{ "$ref": "#/components/schemas/Money" }, { "type": "null" }]
                      },
                      "email": {
                        "type": "string",
                        "format": "email",
                        "maxLength": 254,
                        "description": "Where the confirmation goes."
                      },
                      "shipping_address": { "$ref": "#/components/schemas/AddressInput" }
        """#

    /// What an order and one just placed have in common; both are closed, so that the secret can only be where it belongs.
    private static let members = #"""
                      "id": { "type": "string", "format": "uuid" },
                      "number": {
                        "type": "string",
                        "pattern": "^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$",
                        "description": "What a shopper reads out on the phone. Random: it tells nothing."
                      },
                      "status": { "$ref": "#/components/schemas/OrderStatus" },
                      "payment_status": {
                        "type": "string",
                        "pattern": "^[a-z][a-z_]*$",
                        "examples": ["unpaid", "authorized", "captured", "failed", "voided", "partially_refunded", "refunded"],
                        "description": "How the payment stands; an axis of its own beside `status`. Later releases may add others; show one that you do not know as it is."
                      },
                      "email": { "type": "string", "format": "email" },
                      "currency": { "$ref": "#/components/schemas/Currency" },
                      "items": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 100,
                        "items": { "$ref": "#/components/schemas/OrderLine" }
                      },
                      "subtotal": { "$ref": "#/components/schemas/Money", "description": "The lines together." },
                      "discount": { "$ref": "#/components/schemas/Money" },
                      "tax": { "$ref": "#/components/schemas/Money" },
                      "shipping": { "$ref": "#/components/schemas/Money" },
                      "total": { "$ref": "#/components/schemas/Money", "description": "`subtotal` − `discount` + `tax` + `shipping`." },
                      "shipping_address": { "$ref": "#/components/schemas/Address" },
                      "history": {
                        "type": "array",
                        "minItems": 1,
                        "description": "Oldest first.",
                        "items": { "$ref": "#/components/schemas/OrderEvent" }
                      },
                      "created_at": { "type": "string", "format": "date-time" }
        """#

    /// The members that every problem has, for one that has more.
    private static func problem(_ code: String) -> String {
        #"""
                      "type": { "type": "string", "format": "uri-reference" },
                      "title": { "type": "string" },
                      "status": { "const": 409 },
                      "detail": { "type": "string" },
                      "code": { "const": "\#(code)" },
                      "request_id": { "type": "string" }
        """#
    }
}
