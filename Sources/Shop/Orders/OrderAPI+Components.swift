import OpenAPI
import Web

extension OpenAPIFragment {
    /// What the calls of orders take and answer.
    static let orderComponents = #"""
        "components": {
          "schemas": {
            "CartOrder": {
              "type": "object",
              "description": "An order for the lines of a cart.",
              "required": ["cart_id", "email", "shipping_address"],
              "properties": {
                "cart_id": { "type": "string", "format": "uuid" },
                "items": { "type": "null", "description": "Send either `cart_id` or `items`." },
                "cart_version": {
                  "type": ["integer", "null"],
                  "format": "int64",
                  "minimum": 1,
                  "description": "The `version` of the cart that the shopper saw. If the cart has changed since, the order is refused with `cart_changed`."
                },
        \#(requestMembers)
              }
            },
            "DirectOrder": {
              "type": "object",
              "description": "An order for a list of SKUs. The quantities of repeated SKUs are added.",
              "required": ["items", "email", "shipping_address"],
              "properties": {
                "cart_id": { "type": "null", "description": "Send either `cart_id` or `items`." },
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
              "properties": {
        \#(members)
              }
            },
            "PlacedOrder": {
              "type": "object",
              "description": "An order with its secret token.",
              "required": [
                "id", "number", "access_token", "status", "payment_status", "email", "currency", "items", "subtotal",
                "discount", "tax", "shipping", "total", "shipping_address", "history", "created_at"
              ],
              "properties": {
                "access_token": {
                  "type": "string",
                  "pattern": "^[A-Za-z0-9_-]{43}$",
                  "description": "The secret for `X-Order-Token`. It is only in this answer, and in the answer to a repeated request with the same key."
                },
        \#(members)
              }
            },
            "OrderLine": {
              "type": "object",
              "description": "A line of the order, with name and price at the time of the order. Later changes of the catalogue do not affect it.",
              "required": ["sku", "product_id", "name", "options", "image", "quantity", "unit_price", "line_total", "tax"],
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
              "properties": {
                "status": { "$ref": "#/components/schemas/OrderStatus" },
                "at": { "type": "string", "format": "date-time" },
                "reason": { "type": ["string", "null"], "description": "A text for people." }
              }
            },
            "OrderStatus": {
              "type": "string",
              "pattern": "^[a-z][a-z_]*$",
              "examples": ["pending_payment", "confirmed", "processing", "shipped", "delivered", "cancelled", "expired"],
              "description": "`pending_payment` → `confirmed` → `processing` → `shipped` → `delivered`. Until it is shipped, an order can become `cancelled`. An order that is not paid in time becomes `expired`."
            },
            "InsufficientStock": {
              "type": "object",
              "description": "The problem `insufficient_stock`, with the stock of every line.",
              "required": ["type", "title", "status", "code", "request_id", "lines"],
              "properties": {
        \#(problem("insufficient_stock")),
                "lines": {
                  "type": "array",
                  "minItems": 1,
                  "description": "All lines of the order. In a line without enough stock, `available` is below `requested`.",
                  "items": {
                    "type": "object",
                    "required": ["sku", "requested", "available"],
                    "properties": {
                      "sku": { "$ref": "#/components/schemas/SKU" },
                      "requested": { "$ref": "#/components/schemas/Quantity" },
                      "available": { "type": "integer", "minimum": 0, "description": "How many can be bought. It is 0 if the product is no longer on sale." },
                      "adjustment": {
                        "type": "string",
                        "const": "unavailable",
                        "description": "The product is no longer on sale."
                      }
                    }
                  }
                }
              }
            },
            "OpenOrdersLimit": {
              "type": "object",
              "description": "The problem `open_orders_limit`, with the limit.",
              "required": ["type", "title", "status", "code", "request_id", "limit"],
              "properties": {
        \#(problem("open_orders_limit")),
                "limit": { "type": "integer", "minimum": 1 }
              }
            },
            "HeldUnitsLimit": {
              "type": "object",
              "description": "The problem `held_units_limit`, with the limit.",
              "required": ["type", "title", "status", "code", "request_id", "limit", "held"],
              "properties": {
        \#(problem("held_units_limit")),
                "limit": { "type": "integer", "minimum": 1 },
                "held": { "type": "integer", "minimum": 0, "description": "The quantity that unpaid orders already reserve." }
              }
            },
            "HeldShareLimit": {
              "type": "object",
              "description": "The problem `held_share_limit`, with the variants that exceed it.",
              "required": ["type", "title", "status", "code", "request_id", "lines"],
              "properties": {
        \#(problem("held_share_limit")),
                "lines": {
                  "type": "array",
                  "minItems": 1,
                  "description": "The lines that exceed the limit.",
                  "items": {
                    "type": "object",
                    "required": ["sku", "requested", "held", "limit"],
                    "properties": {
                      "sku": { "$ref": "#/components/schemas/SKU" },
                      "requested": { "$ref": "#/components/schemas/Quantity" },
                      "held": { "type": "integer", "minimum": 0, "description": "The quantity that unpaid orders of this client already reserve." },
                      "limit": { "type": "integer", "minimum": 1, "description": "The maximum that unpaid orders of one client can reserve." }
                    }
                  }
                }
              }
            },
            "PriceChanged": {
              "type": "object",
              "description": "The problem `price_changed`, with the present total.",
              "required": ["type", "title", "status", "code", "request_id", "expected_total", "total"],
              "properties": {
        \#(problem("price_changed")),
                "expected_total": { "$ref": "#/components/schemas/Money" },
                "total": { "$ref": "#/components/schemas/Money" }
              }
            },
            "CartChanged": {
              "type": "object",
              "description": "The problem `cart_changed`, with the present version of the cart.",
              "required": ["type", "title", "status", "code", "request_id", "cart_version"],
              "properties": {
        \#(problem("cart_changed")),
                "cart_version": { "type": "integer", "format": "int64", "minimum": 1 }
              }
            },
            "IllegalTransition": {
              "type": "object",
              "description": "The problem `illegal_transition`, with the statuses that are possible.",
              "required": ["type", "title", "status", "code", "request_id", "from", "to", "allowed"],
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
              "description": "This client has sent too many requests (`rate_limited`) or too many orders (`too_many_orders`; attempts count). Wait for the seconds in `Retry-After`.",
              "headers": {
                "Retry-After": { "$ref": "#/components/headers/RetryAfter" },
                "RateLimit-Policy": { "$ref": "#/components/headers/RateLimitPolicy" },
                "RateLimit": { "$ref": "#/components/headers/RateLimit" },
                "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
              },
              "content": {
                "application/problem+json": {
                  "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "x-extensible-enum": ["rate_limited", "too_many_orders"] } } },
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
              "description": "The present state of the order.",
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
                      "summary": "Cancelled by the shopper",
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
                        "description": "The total that the shopper saw. If the total is different now, the order is refused with `price_changed`.",
                        "anyOf": [{ "$ref": "#/components/schemas/Money" }, { "type": "null" }]
                      },
                      "email": {
                        "type": "string",
                        "format": "email",
                        "maxLength": 254,
                        "description": "The confirmation is sent to this address. White space around it is removed."
                      },
                      "shipping_address": { "$ref": "#/components/schemas/AddressInput" }
        """#

    /// What an order and one just placed have in common; the tests read both as closed, so that the secret can only be where it belongs.
    private static let members = #"""
                      "id": { "type": "string", "format": "uuid" },
                      "number": {
                        "type": "string",
                        "pattern": "^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$",
                        "description": "A short, random number that is easy to read out on the phone."
                      },
                      "status": { "$ref": "#/components/schemas/OrderStatus" },
                      "payment_status": {
                        "type": "string",
                        "pattern": "^[a-z][a-z_]*$",
                        "examples": ["unpaid", "authorized", "captured", "failed", "voided", "partially_refunded", "refunded"],
                        "description": "The state of the payment. It is independent of `status`. Later versions may add others."
                      },
                      "email": { "type": "string" },
                      "currency": { "$ref": "#/components/schemas/Currency" },
                      "items": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 100,
                        "items": { "$ref": "#/components/schemas/OrderLine" }
                      },
                      "subtotal": { "$ref": "#/components/schemas/Money", "description": "The sum of the lines." },
                      "discount": { "$ref": "#/components/schemas/Money" },
                      "tax": { "$ref": "#/components/schemas/Money" },
                      "shipping": { "$ref": "#/components/schemas/Money" },
                      "total": { "$ref": "#/components/schemas/Money", "description": "`subtotal` − `discount` + `tax` + `shipping`." },
                      "shipping_address": { "$ref": "#/components/schemas/Address" },
                      "history": {
                        "type": "array",
                        "minItems": 1,
                        "description": "The oldest event is first.",
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
