import Web

extension OpenAPIFragment {
    /// What the calls of all features share: money, addresses, fields, common answers.
    static let common = OpenAPIFragment(
        tag: "Service",
        description: "The service about itself.",
        json: #"""
            {
              "components": {
                "schemas": {
                  "Money": {
                    "type": "object",
                    "description": "An amount in minor units of its currency: 1450 with USD is $14.50, with JPY ¥1,450. Never a fraction; format it with the currency's own number of digits.",
                    "required": ["amount", "currency"],
                    "additionalProperties": false,
                    "properties": {
                      "amount": { "type": "integer", "format": "int64", "minimum": 0, "examples": [1450] },
                      "currency": { "$ref": "#/components/schemas/Currency" }
                    },
                    "examples": [{ "amount": 1450, "currency": "USD" }]
                  },
                  "Currency": {
                    "type": "string",
                    "description": "ISO 4217 code, upper case.",
                    "pattern": "^[A-Z]{3}$",
                    "examples": ["USD"]
                  },
                  "Quantity": {
                    "type": "integer",
                    "description": "A whole number, written without fraction or exponent: neither `1.0` nor `\"1\"`.",
                    "minimum": 1,
                    "maximum": 999,
                    "examples": [2]
                  },
                  "SKU": {
                    "type": "string",
                    "description": "Names a variant. Upper and lower case differ; white space around it does not count.",
                    "minLength": 1,
                    "maxLength": 100,
                    "examples": ["MUG-FERN-GRN"]
                  },
                  "Options": {
                    "type": "object",
                    "description": "What tells the variant from its siblings, ready to be shown. Empty where there is one variant only.",
                    "additionalProperties": { "type": "string" },
                    "examples": [{ "colour": "Fern green" }]
                  },
                  "Address": {
                    "type": "object",
                    "description": "A postal address. Absent parts are left out, never null.",
                    "required": ["name", "line1", "city", "postal_code", "country"],
                    "additionalProperties": false,
                    "properties": {
                      "name": { "type": "string", "minLength": 1, "maxLength": 200 },
                      "company": { "type": "string", "maxLength": 200 },
                      "line1": { "type": "string", "minLength": 1, "maxLength": 200 },
                      "line2": { "type": "string", "maxLength": 200 },
                      "city": { "type": "string", "minLength": 1, "maxLength": 120 },
                      "region": { "type": "string", "description": "State, province, county.", "maxLength": 120 },
                      "postal_code": { "type": "string", "minLength": 1, "maxLength": 20 },
                      "country": { "type": "string", "description": "ISO 3166-1 alpha-2, upper case.", "pattern": "^[A-Z]{2}$" },
                      "phone": { "type": "string", "maxLength": 40 }
                    },
                    "examples": [
                      { "name": "Ada Park", "line1": "12 Alder Row", "city": "Portland", "region": "OR", "postal_code": "97205", "country": "US" }
                    ]
                  },
                  "AddressInput": {
                    "type": "object",
                    "description": "A postal address as it is sent. Optional parts may be left out or null.",
                    "required": ["name", "line1", "city", "postal_code", "country"],
                    "properties": {
                      "name": { "type": "string", "minLength": 1, "maxLength": 200 },
                      "company": { "type": ["string", "null"], "maxLength": 200 },
                      "line1": { "type": "string", "minLength": 1, "maxLength": 200 },
                      "line2": { "type": ["string", "null"], "maxLength": 200 },
                      "city": { "type": "string", "minLength": 1, "maxLength": 120 },
                      "region": { "type": ["string", "null"], "description": "State, province, county.", "maxLength": 120 },
                      "postal_code": { "type": "string", "minLength": 1, "maxLength": 20 },
                      "country": { "type": "string", "description": "ISO 3166-1 alpha-2, upper case; an assigned code.", "pattern": "^[A-Z]{2}$" },
                      "phone": { "type": ["string", "null"], "maxLength": 40 }
                    }
                  }
                },
                "parameters": {
                  "CartId": {
                    "name": "id",
                    "in": "path",
                    "required": true,
                    "description": "The cart's `id`.",
                    "schema": { "type": "string", "format": "uuid" },
                    "example": "019a2f70-91b4-7e3a-8a55-2d6c0e9f1b47"
                  },
                  "CartToken": {
                    "name": "X-Cart-Token",
                    "in": "header",
                    "required": true,
                    "description": "The cart's `token`, given out once, when the cart was made. Missing or wrong: 404.",
                    "schema": { "type": "string", "minLength": 1 },
                    "example": "Jx0q3mZ8Yb5vT1nWc7RkLd2eUf9hAs4gPi6oXy_-Qt0"
                  },
                  "OrderName": {
                    "name": "order",
                    "in": "path",
                    "required": true,
                    "description": "The order's `id` or its `number`; how the number is written does not matter.",
                    "schema": { "type": "string", "pattern": "^[0-9A-Za-z -]{10,36}$" },
                    "example": "K7Q4M-2X9HB"
                  },
                  "OrderToken": {
                    "name": "X-Order-Token",
                    "in": "header",
                    "required": true,
                    "description": "The order's `access_token`, given out once, when it was placed. Missing, wrong or ended: 404.",
                    "schema": { "type": "string", "minLength": 1 },
                    "example": "pW4tN8sVb2Qe6Zr0Yx1Kc9mLh5Jd3gFa7uTi_-oRzSk"
                  },
                  "IfMatch": {
                    "name": "If-Match",
                    "in": "header",
                    "description": "Write only if nobody wrote since: the `ETag` you have read, or `*`. Only the version in front of its dot is compared; that a price or the stock moved meanwhile does not refuse the write.",
                    "schema": { "type": "string", "anyOf": [{ "const": "*" }, { "pattern": "^(W/)?\"[!#-~]*\"( *, *(W/)?\"[!#-~]*\")*$" }], "examples": ["\"3.mYqRfaGkJ6Rb0mHnY2xw5Q\""] }
                  }
                },
                "headers": {
                  "Location": {
                    "description": "Where the new resource is, relative to this service.",
                    "required": true,
                    "schema": { "type": "string", "format": "uri-reference" },
                    "example": "/v1/carts/019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21"
                  },
                  "RetryAfter": {
                    "description": "Seconds to wait before the next try.",
                    "required": true,
                    "schema": { "type": "string", "pattern": "^[0-9]+$" },
                    "example": "1"
                  },
                  "RateLimitPolicy": {
                    "description": "The limit that the call counts for, the tightest where there are several (draft-ietf-httpapi-ratelimit-headers-10): its name, and `q` requests in `w` seconds.",
                    "required": true,
                    "schema": { "type": "string", "pattern": "^\"[a-z_]+\";q=[0-9]+;w=[0-9]+$" },
                    "example": "\"reads\";q=3000;w=60"
                  },
                  "RateLimit": {
                    "description": "What is left of it: `r` requests at once, and all of it again in `t` seconds.",
                    "required": true,
                    "schema": { "type": "string", "pattern": "^\"[a-z_]+\";r=[0-9]+;t=[0-9]+$" },
                    "example": "\"reads\";r=0;t=60"
                  }
                },
                "responses": {
                  "Malformed": {
                    "description": "The request cannot be read.",
                    "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "enum": ["bad_request", "malformed_path"] } } },
                        "examples": {
                          "malformed_path": {
                            "value": { "type": "/docs#malformed_path", "title": "Malformed path", "status": 400, "code": "malformed_path", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                          }
                        }
                      }
                    }
                  },
                  "MalformedBody": {
                    "description": "The request cannot be read: `empty_body`, `malformed_json`, or an `If-Match` that holds no entity tags (`bad_request`).",
                    "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "enum": ["bad_request", "malformed_path", "empty_body", "malformed_json"] } } },
                        "examples": {
                          "malformed_json": {
                            "value": { "type": "/docs#malformed_json", "title": "Malformed JSON", "status": 400, "detail": "unexpected character at byte 11", "code": "malformed_json", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21", "offset": 11 }
                          },
                          "if_match": {
                            "value": { "type": "/docs#bad_request", "title": "Bad request", "status": 400, "code": "bad_request", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21", "errors": [{ "header": "If-Match", "detail": "must be * or a list of entity tags in quotes" }] }
                          }
                        }
                      }
                    }
                  },
                  "NotFound": {
                    "description": "There is no such thing, or it is somebody else's: the two look the same.",
                    "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "const": "not_found" } } },
                        "examples": {
                          "not_found": {
                            "value": { "type": "/docs#not_found", "title": "Not found", "status": 404, "detail": "There is no such cart.", "code": "not_found", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                          }
                        }
                      }
                    }
                  },
                  "PreconditionFailed": {
                    "description": "`If-Match` names another version: somebody wrote meanwhile. Read again, decide again.",
                    "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "const": "precondition_failed" } } },
                        "examples": {
                          "precondition_failed": {
                            "value": { "type": "/docs#precondition_failed", "title": "Precondition failed", "status": 412, "code": "precondition_failed", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                          }
                        }
                      }
                    }
                  },
                  "BodyTooLarge": {
                    "description": "The body is larger than the call takes: 64 KiB for an order, 4 KiB for carts and their items, 1 KiB where a body means nothing.",
                    "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "const": "body_too_large" } } },
                        "examples": {
                          "body_too_large": {
                            "value": { "type": "/docs#body_too_large", "title": "Body too large", "status": 413, "code": "body_too_large", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                          }
                        }
                      }
                    }
                  },
                  "UnsupportedMediaType": {
                    "description": "The body is not `application/json`, or has a content coding.",
                    "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "const": "unsupported_media_type" } } },
                        "examples": {
                          "unsupported_media_type": {
                            "value": { "type": "/docs#unsupported_media_type", "title": "Unsupported media type", "status": 415, "detail": "Content-Type must be application/json", "code": "unsupported_media_type", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                          }
                        }
                      }
                    }
                  },
                  "TooManyRequests": {
                    "description": "This client has made too many requests. Wait as long as `Retry-After` says.",
                    "headers": {
                      "Retry-After": { "$ref": "#/components/headers/RetryAfter" },
                      "RateLimit-Policy": { "$ref": "#/components/headers/RateLimitPolicy" },
                      "RateLimit": { "$ref": "#/components/headers/RateLimit" },
                      "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                    },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "const": "rate_limited" } } },
                        "examples": {
                          "rate_limited": {
                            "value": { "type": "/docs#rate_limited", "title": "Too many requests", "status": 429, "detail": "Wait as long as `Retry-After` says.", "code": "rate_limited", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                          }
                        }
                      }
                    }
                  },
                  "Unavailable": {
                    "description": "Not now: `overloaded` (there is more to do than can be done, and nothing was begun), `unavailable` (the database is away) or `deadline_exceeded` (it took too long). Try again after `Retry-After` seconds. But for `overloaded` a write may or may not have happened; an Idempotency-Key makes sending it again safe.",
                    "headers": {
                      "Retry-After": { "$ref": "#/components/headers/RetryAfter" },
                      "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                    },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "enum": ["overloaded", "unavailable", "deadline_exceeded"] } } },
                        "examples": {
                          "overloaded": {
                            "value": { "type": "/docs#overloaded", "title": "Overloaded", "status": 503, "detail": "There is more to do than can be done. Nothing was begun: send it again after as long as `Retry-After` says.", "code": "overloaded", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                          },
                          "unavailable": {
                            "value": { "type": "/docs#unavailable", "title": "Unavailable", "status": 503, "code": "unavailable", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                          }
                        }
                      }
                    }
                  }
                }
              }
            }
            """#)
}
