extension OpenAPIFragment {
    /// What every part of the API shares, and the document itself. Part of every ``OpenAPIDocument``.
    static let service = OpenAPIFragment(
        tag: "Service", description: "The service about itself.",
        json: #"""
            {
              "paths": {
                "/openapi.json": {"get": {
                  "operationId": "getOpenAPI", "summary": "This document",
                  "parameters": [{"$ref": "#/components/parameters/IfNoneMatch"}, {"$ref": "#/components/parameters/AcceptEncoding"}],
                  "responses": {
                    "200": {"description": "OpenAPI 3.1.",
                      "headers": {
                        "ETag": {"$ref": "#/components/headers/ETag"},
                        "Cache-Control": {"$ref": "#/components/headers/CacheControl"},
                        "Vary": {"$ref": "#/components/headers/Vary"},
                        "Content-Encoding": {"$ref": "#/components/headers/ContentEncoding"},
                        "X-Request-Id": {"$ref": "#/components/headers/RequestId"}
                      },
                      "content": {"application/json": {"schema": {"type": "object"}}}},
                    "304": {"$ref": "#/components/responses/NotModified"}
                  }
                }},
                "/docs": {"get": {
                  "operationId": "getDocs", "summary": "This document as a page",
                  "parameters": [{"$ref": "#/components/parameters/IfNoneMatch"}, {"$ref": "#/components/parameters/AcceptEncoding"}],
                  "responses": {
                    "200": {"description": "A page without outside assets.",
                      "headers": {
                        "ETag": {"$ref": "#/components/headers/ETag"},
                        "Cache-Control": {"$ref": "#/components/headers/CacheControl"},
                        "Vary": {"$ref": "#/components/headers/Vary"},
                        "Content-Encoding": {"$ref": "#/components/headers/ContentEncoding"},
                        "X-Request-Id": {"$ref": "#/components/headers/RequestId"}
                      },
                      "content": {"text/html": {"schema": {"type": "string"}}}},
                    "304": {"$ref": "#/components/responses/NotModified"}
                  }
                }}
              },
              "components": {
                "schemas": {
                  "Problem": {
                    "type": "object",
                    "description": "What went wrong (RFC 9457). Decide by `code`; `title` and `detail` are for people.",
                    "required": ["type", "title", "status", "code", "request_id"],
                    "additionalProperties": false,
                    "properties": {
                      "type": {"type": "string", "format": "uri-reference",
                        "description": "Where the code is explained.", "examples": ["/docs#invalid"]},
                      "title": {"type": "string", "description": "The same for every occurrence.",
                        "examples": ["Invalid input"]},
                      "status": {"type": "integer", "minimum": 400, "maximum": 599,
                        "description": "The status of the answer once more.", "examples": [422]},
                      "detail": {"type": "string", "description": "What is particular to this occurrence.",
                        "examples": ["must be 1 to 999"]},
                      "code": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$",
                        "description": "Stable, snake_case.", "examples": ["invalid"]},
                      "request_id": {"type": "string", "description": "Name it when you report the problem.",
                        "examples": ["01980a3c-5d1e-7b60-9c1d-3f2a7c9e5b10"]},
                      "errors": {"type": "array", "minItems": 1,
                        "description": "Every fault found, each with its place, for a form to mark all at once.",
                        "items": {"$ref": "#/components/schemas/InputFault"}},
                      "offset": {"type": "integer", "minimum": 0,
                        "description": "With `malformed_json` only: the byte at which the body stops being JSON."}
                    }
                  },
                  "InputFault": {
                    "type": "object",
                    "description": "One thing that is wrong, and its one place: `pointer`, `parameter` or `header`.",
                    "required": ["detail"],
                    "additionalProperties": false,
                    "minProperties": 2,
                    "maxProperties": 2,
                    "properties": {
                      "pointer": {"type": "string",
                        "description": "The place in the body (RFC 6901); empty for all of it.",
                        "examples": ["/items/0/quantity"]},
                      "parameter": {"type": "string", "description": "Or the query parameter."},
                      "header": {"type": "string", "description": "Or the header field."},
                      "detail": {"type": "string", "examples": ["must be 1 to 999"]}
                    },
                    "examples": [{"pointer": "/items/0/quantity", "detail": "must be 1 to 999"}]
                  }
                },
                "parameters": {
                  "IfNoneMatch": {
                    "name": "If-None-Match",
                    "in": "header",
                    "description": "The `ETag` you have. Where nothing changed the answer is 304, without a body.",
                    "schema": { "type": "string", "examples": ["\"mYqRfaGkJ6Rb0mHnY2xw5Q\""] }
                  },
                  "AcceptEncoding": {
                    "name": "Accept-Encoding",
                    "in": "header",
                    "description": "With `gzip` answers of a kilobyte and more come compressed, with `Content-Encoding`. Each coding has an `ETag` of its own; either is good in `If-None-Match`.",
                    "schema": { "type": "string", "examples": ["gzip"] }
                  }
                },
                "headers": {
                  "ETag": {
                    "description": "Tells this very answer from any other. Send it back in `If-None-Match`.",
                    "required": true,
                    "schema": { "type": "string", "pattern": "^\"[^\"]+\"$" },
                    "example": "\"mYqRfaGkJ6Rb0mHnY2xw5Q\""
                  },
                  "CacheControl": {
                    "description": "How long the answer may be kept, and by whom (RFC 9111).",
                    "required": true,
                    "schema": { "type": "string", "minLength": 1 },
                    "example": "no-store"
                  },
                  "Vary": {
                    "description": "What of a request decides, beside its target, which answer it gets: a cache keeps one for each.",
                    "schema": { "type": "string", "examples": ["Accept-Encoding"] }
                  },
                  "ContentEncoding": {
                    "description": "Only where the answer comes compressed.",
                    "schema": { "type": "string", "const": "gzip" }
                  },
                  "RequestId": {
                    "description": "The id of the request: the caller's, where it sent a sane one, else a new one.",
                    "required": true,
                    "schema": {"type": "string", "maxLength": 128, "pattern": "^[A-Za-z0-9._-]+$"},
                    "example": "01980a3c-5d1e-7b60-9c1d-3f2a7c9e5b10"
                  }
                },
                "responses": {
                  "NotModified": {
                    "description": "You have it already: nothing changed.",
                    "headers": {
                      "ETag": { "$ref": "#/components/headers/ETag" },
                      "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                      "Vary": { "$ref": "#/components/headers/Vary" },
                      "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                    }
                  },
                  "Problem": {"description": "A problem; see the list of codes.",
                    "headers": {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}},
                    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
                }
              }
            }
            """#)
}
