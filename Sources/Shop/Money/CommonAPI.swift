import OpenAPI
import Web

extension OpenAPIFragment {
    /// What the calls of all features share: money, addresses, fields, common answers.
    package static let common = OpenAPIFragment(
        tag: "Service",
        description: "The health of the service, and its documentation.",
        json: #"""
            {
              "components": {
                "schemas": {
                  "Money": {
                    "type": "object",
                    "description": "An amount in minor units of its currency: 1450 is $14.50 in USD and ¥1,450 in JPY. It is always a whole number.",
                    "required": ["amount", "currency"],
                    "properties": {
                      "amount": { "type": "integer", "format": "int64", "minimum": 0, "examples": [1450] },
                      "currency": { "$ref": "#/components/schemas/Currency" }
                    },
                    "examples": [{ "amount": 1450, "currency": "USD" }]
                  },
                  "Currency": {
                    "type": "string",
                    "description": "ISO 4217 code in upper case.",
                    "pattern": "^[A-Z]{3}$",
                    "examples": ["USD"]
                  },
                  "Quantity": {
                    "type": "integer",
                    "description": "A whole number. `1.0`, `1e0` and `\"1\"` are refused.",
                    "minimum": 1,
                    "maximum": 999,
                    "examples": [2]
                  },
                  "SKU": {
                    "type": "string",
                    "description": "The identifier of a variant. It is case-sensitive. White space around it is removed.",
                    "minLength": 1,
                    "maxLength": 100,
                    "examples": ["MUG-FERN-GRN"]
                  },
                  "Options": {
                    "type": "object",
                    "description": "The options that distinguish this variant, such as its size, as text for display. Empty if the product has only one variant.",
                    "additionalProperties": { "type": "string" },
                    "examples": [{ "colour": "Fern green" }]
                  },
                  "Address": {
                    "type": "object",
                    "description": "A postal address. Parts that the customer left empty are absent, never null.",
                    "required": ["name", "line1", "country"],
                    "properties": {
                      "name": { "type": "string", "minLength": 1, "maxLength": 200 },
                      "company": { "type": "string", "maxLength": 200 },
                      "line1": { "type": "string", "minLength": 1, "maxLength": 200 },
                      "line2": { "type": "string", "maxLength": 200 },
                      "city": { "type": "string", "minLength": 1, "maxLength": 120 },
                      "region": { "type": "string", "description": "State, province, emirate or county.", "maxLength": 120 },
                      "postal_code": { "type": "string", "minLength": 1, "maxLength": 20 },
                      "country": { "type": "string", "description": "ISO 3166-1 alpha-2 code in upper case.", "pattern": "^[A-Z]{2}$" },
                      "phone": { "type": "string", "maxLength": 40 }
                    },
                    "examples": [
                      { "name": "Ada Park", "line1": "12 Alder Row", "city": "Portland", "region": "OR", "postal_code": "97205", "country": "US" }
                    ]
                  },
                  "AddressInput": {
                    "type": "object",
                    "description": "A postal address. Optional parts can be left out, null or empty. `city`, `region` and `postal_code` are required in the countries whose addresses need them: an address in Qatar needs no postal code, one in Singapore no city. A `region` is not required where `city` and `postal_code` tell it. Postal codes are not checked against a pattern. Text is stored in Unicode NFC, without white space around it; control characters and invisible formatting characters are refused.",
                    "required": ["name", "line1", "country"],
                    "properties": {
                      "name": { "type": "string", "minLength": 1, "maxLength": 200 },
                      "company": { "type": ["string", "null"], "maxLength": 200 },
                      "line1": { "type": "string", "minLength": 1, "maxLength": 200 },
                      "line2": { "type": ["string", "null"], "maxLength": 200 },
                      "city": { "type": ["string", "null"], "maxLength": 120 },
                      "region": { "type": ["string", "null"], "description": "State, province, emirate or county.", "maxLength": 120 },
                      "postal_code": { "type": ["string", "null"], "maxLength": 20 },
                      "country": { "type": "string", "description": "ISO 3166-1 alpha-2 code in upper case. It must be an assigned code.", "pattern": "^[A-Z]{2}$" },
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
                    "description": "The `token` from the answer that created the cart. The answer is 404 if it is missing or wrong.",
                    "schema": { "type": "string", "minLength": 1 },
                    "example": "Jx0q3mZ8Yb5vT1nWc7RkLd2eUf9hAs4gPi6oXy_-Qt0"
                  },
                  "OrderName": {
                    "name": "order",
                    "in": "path",
                    "required": true,
                    "description": "The order's `id` or its `number`.",
                    "schema": { "type": "string", "pattern": "^[0-9A-Za-z -]{10,36}$" },
                    "example": "K7Q4M-2X9HB"
                  },
                  "OrderToken": {
                    "name": "X-Order-Token",
                    "in": "header",
                    "required": true,
                    "description": "The `access_token` from the answer to POST /v1/orders. The answer is 404 if it is missing, wrong or expired.",
                    "schema": { "type": "string", "minLength": 1 },
                    "example": "pW4tN8sVb2Qe6Zr0Yx1Kc9mLh5Jd3gFa7uTi_-oRzSk"
                  },
                  "IfMatch": {
                    "name": "If-Match",
                    "in": "header",
                    "description": "The `ETag` that you read, or `*`. The write is refused if the cart was changed since. Only the version before the dot is compared, so a new price or stock does not matter.",
                    "schema": { "type": "string", "pattern": "^(\\*|(W/)?\"[!#-~]*\"( *, *(W/)?\"[!#-~]*\")*)$", "examples": ["\"3.mYqRfaGkJ6Rb0mHnY2xw5Q\""] }
                  }
                },
                "headers": {
                  "Location": {
                    "description": "The path of the new resource.",
                    "required": true,
                    "schema": { "type": "string", "format": "uri-reference" },
                    "example": "/v1/carts/019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21"
                  },
                  "RetryAfter": {
                    "description": "Seconds to wait before you try again.",
                    "required": true,
                    "schema": { "type": "string", "pattern": "^[0-9]+$" },
                    "example": "1"
                  },
                  "RateLimitPolicy": {
                    "description": "The rate limit that applies, the strictest if there are several (draft-ietf-httpapi-ratelimit-headers-10): its name, and `q` requests in `w` seconds.",
                    "required": true,
                    "schema": { "type": "string", "pattern": "^\"[a-z_]+\";q=[0-9]+;w=[0-9]+$" },
                    "example": "\"reads\";q=3000;w=60"
                  },
                  "RateLimit": {
                    "description": "What is left: `r` requests now, and the full limit again in `t` seconds.",
                    "required": true,
                    "schema": { "type": "string", "pattern": "^\"[a-z_]+\";r=[0-9]+;t=[0-9]+$" },
                    "example": "\"reads\";r=0;t=60"
                  }
                },
                "responses": {
                  "Malformed": {
                    "description": "The request is malformed.",
                    "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "x-extensible-enum": ["bad_request", "malformed_path"] } } },
                        "examples": {
                          "malformed_path": {
                            "value": { "type": "/docs#malformed_path", "title": "Malformed path", "status": 400, "code": "malformed_path", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                          }
                        }
                      }
                    }
                  },
                  "MalformedBody": {
                    "description": "The request is malformed: the body is missing (`empty_body`) or not JSON (`malformed_json`), or `If-Match` is malformed (`bad_request`).",
                    "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "x-extensible-enum": ["bad_request", "malformed_path", "empty_body", "malformed_json"] } } },
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
                    "description": "It does not exist, or it belongs to another customer. The answer is the same in both cases.",
                    "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "x-extensible-enum": ["not_found"] } } },
                        "examples": {
                          "not_found": {
                            "value": { "type": "/docs#not_found", "title": "Not found", "status": 404, "detail": "There is no such cart.", "code": "not_found", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                          }
                        }
                      }
                    }
                  },
                  "PreconditionFailed": {
                    "description": "The resource has changed since you read it, so `If-Match` does not match. Read it again.",
                    "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "x-extensible-enum": ["precondition_failed"] } } },
                        "examples": {
                          "precondition_failed": {
                            "value": { "type": "/docs#precondition_failed", "title": "Precondition failed", "status": 412, "code": "precondition_failed", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                          }
                        }
                      }
                    }
                  },
                  "BodyTooLarge": {
                    "description": "The body is larger than the call allows: 64 KiB for an order, 4 KiB for carts and their items, 1 KiB where a call takes no body.",
                    "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "x-extensible-enum": ["body_too_large"] } } },
                        "examples": {
                          "body_too_large": {
                            "value": { "type": "/docs#body_too_large", "title": "Body too large", "status": 413, "code": "body_too_large", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                          }
                        }
                      }
                    }
                  },
                  "UnsupportedMediaType": {
                    "description": "The body is not `application/json`, or it is compressed.",
                    "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "x-extensible-enum": ["unsupported_media_type"] } } },
                        "examples": {
                          "unsupported_media_type": {
                            "value": { "type": "/docs#unsupported_media_type", "title": "Unsupported media type", "status": 415, "detail": "Content-Type must be application/json", "code": "unsupported_media_type", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                          }
                        }
                      }
                    }
                  },
                  "TooManyRequests": {
                    "description": "This client has sent too many requests. Wait for the seconds in `Retry-After`.",
                    "headers": {
                      "Retry-After": { "$ref": "#/components/headers/RetryAfter" },
                      "RateLimit-Policy": { "$ref": "#/components/headers/RateLimitPolicy" },
                      "RateLimit": { "$ref": "#/components/headers/RateLimit" },
                      "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                    },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "x-extensible-enum": ["rate_limited"] } } },
                        "examples": {
                          "rate_limited": {
                            "value": { "type": "/docs#rate_limited", "title": "Too many requests", "status": 429, "detail": "Wait for the seconds in `Retry-After`.", "code": "rate_limited", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                          }
                        }
                      }
                    }
                  },
                  "Unavailable": {
                    "description": "The service cannot answer now: it has too many requests (`overloaded`), the database is unavailable (`unavailable`), or the answer took too long (`deadline_exceeded`). Try again after the seconds in `Retry-After`. With `overloaded` nothing was changed. In the other cases a write may have happened; with an `Idempotency-Key` it is safe to send it again.",
                    "headers": {
                      "Retry-After": { "$ref": "#/components/headers/RetryAfter" },
                      "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                    },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "x-extensible-enum": ["overloaded", "unavailable", "deadline_exceeded"] } } },
                        "examples": {
                          "overloaded": {
                            "value": { "type": "/docs#overloaded", "title": "Overloaded", "status": 503, "detail": "The service has too many requests. Nothing was changed. Try again after the seconds in `Retry-After`.", "code": "overloaded", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
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
