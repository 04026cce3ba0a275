extension OpenAPIFragment {
    /// What every part of the API shares, and the document itself. Part of every ``OpenAPIDocument``.
    static let service = OpenAPIFragment(
        tag: "Service", description: "The health of the service, and its documentation.",
        json: #"""
            {
              "paths": {
                "/": {"get": {
                  "operationId": "getHome", "summary": "Start page",
                  "description": "A web page that says what this service is, with links. With `Accept: application/json` the links are JSON.",
                  "parameters": [{"$ref": "#/components/parameters/IfNoneMatch"}, {"$ref": "#/components/parameters/AcceptEncoding"}],
                  "responses": {
                    "200": {"description": "The page, or the links.",
                      "headers": {
                        "ETag": {"$ref": "#/components/headers/ETag"},
                        "Cache-Control": {"$ref": "#/components/headers/CacheControl"},
                        "Vary": {"$ref": "#/components/headers/Vary"},
                        "Content-Encoding": {"$ref": "#/components/headers/ContentEncoding"},
                        "X-Request-Id": {"$ref": "#/components/headers/RequestId"}
                      },
                      "content": {
                        "text/html": {"schema": {"type": "string"}},
                        "application/json": {"schema": {"$ref": "#/components/schemas/Home"}}
                      }},
                    "304": {"$ref": "#/components/responses/NotModified"}
                  }
                }},
                "/openapi.json": {"get": {
                  "operationId": "getOpenAPI", "summary": "This document",
                  "parameters": [{"$ref": "#/components/parameters/IfNoneMatch"}, {"$ref": "#/components/parameters/AcceptEncoding"}],
                  "responses": {
                    "200": {"description": "An OpenAPI 3.1 document.",
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
                    "200": {"description": "A web page. It loads nothing from other sites.",
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
                  "Home": {
                    "type": "object",
                    "description": "What this service is, and where to go on.",
                    "required": ["name", "version", "links"],
                    "properties": {
                      "name": {"type": "string", "examples": ["Shop"]},
                      "version": {"type": "string", "description": "The version of the service.", "examples": ["1.0.0"]},
                      "links": {"type": "object", "description": "Paths by name.", "additionalProperties": {"type": "string", "format": "uri-reference"},
                        "examples": [{"docs": "/docs", "openapi": "/openapi.json", "products": "/v1/products?limit=10"}]}
                    }
                  },
                  "Problem": {
                    "type": "object",
                    "description": "An error (RFC 9457). Decide what to do by `code`; `title` and `detail` are texts for people.",
                    "required": ["type", "title", "status", "code", "request_id"],
                    "properties": {
                      "type": {"type": "string", "format": "uri-reference",
                        "description": "A link to the explanation of the code.", "examples": ["/docs#invalid"]},
                      "title": {"type": "string", "description": "The name of the problem.",
                        "examples": ["Invalid input"]},
                      "status": {"type": "integer", "minimum": 400, "maximum": 599,
                        "description": "The HTTP status of the answer.", "examples": [422]},
                      "detail": {"type": "string", "description": "What happened in this case.",
                        "examples": ["must be 1 to 999"]},
                      "code": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$",
                        "description": "The stable code of the problem, in snake_case.", "examples": ["invalid"]},
                      "request_id": {"type": "string", "description": "Include it when you report the problem.",
                        "examples": ["01980a3c-5d1e-7b60-9c1d-3f2a7c9e5b10"]},
                      "errors": {"type": "array", "minItems": 1,
                        "description": "All invalid values, each with its place.",
                        "items": {"$ref": "#/components/schemas/InputFault"}},
                      "offset": {"type": "integer", "minimum": 0,
                        "description": "Only with `malformed_json`: the offset of the syntax error, in bytes."}
                    }
                  },
                  "InputFault": {
                    "type": "object",
                    "description": "An invalid value, and where it is: `pointer`, `parameter` or `header`.",
                    "required": ["detail"],
                    "minProperties": 2,
                    "properties": {
                      "pointer": {"type": "string",
                        "description": "The place in the body (a JSON Pointer, RFC 6901). It is empty for the whole body.",
                        "examples": ["/items/0/quantity"]},
                      "parameter": {"type": "string", "description": "The name of the query parameter."},
                      "header": {"type": "string", "description": "The name of the header."},
                      "detail": {"type": "string", "examples": ["must be 1 to 999"]}
                    },
                    "examples": [{"pointer": "/items/0/quantity", "detail": "must be 1 to 999"}]
                  }
                },
                "parameters": {
                  "IfNoneMatch": {
                    "name": "If-None-Match",
                    "in": "header",
                    "description": "The `ETag` that you have. If nothing has changed, the answer is 304 without a body.",
                    "schema": { "type": "string", "examples": ["\"mYqRfaGkJ6Rb0mHnY2xw5Q\""] }
                  },
                  "AcceptEncoding": {
                    "name": "Accept-Encoding",
                    "in": "header",
                    "description": "With `gzip`, larger answers are compressed. The compressed answer has another `ETag`; both can be sent in `If-None-Match`.",
                    "schema": { "type": "string", "examples": ["gzip"] }
                  }
                },
                "headers": {
                  "ETag": {
                    "description": "The version of the answer. Send it in `If-None-Match`.",
                    "required": true,
                    "schema": { "type": "string", "pattern": "^\"[^\"]+\"$" },
                    "example": "\"mYqRfaGkJ6Rb0mHnY2xw5Q\""
                  },
                  "CacheControl": {
                    "description": "How long and by whom the answer can be cached (RFC 9111).",
                    "required": true,
                    "schema": { "type": "string", "minLength": 1 },
                    "example": "no-store"
                  },
                  "Vary": {
                    "description": "The request headers that the answer depends on.",
                    "schema": { "type": "string", "examples": ["Accept-Encoding"] }
                  },
                  "ContentEncoding": {
                    "description": "Only if the answer is compressed.",
                    "schema": { "type": "string", "const": "gzip" }
                  },
                  "RequestId": {
                    "description": "The id of the request: the one you sent, if it is valid, or a new one.",
                    "required": true,
                    "schema": {"type": "string", "maxLength": 128, "pattern": "^[A-Za-z0-9._-]+$"},
                    "example": "01980a3c-5d1e-7b60-9c1d-3f2a7c9e5b10"
                  }
                },
                "responses": {
                  "NotModified": {
                    "description": "Nothing has changed since the version that you have.",
                    "headers": {
                      "ETag": { "$ref": "#/components/headers/ETag" },
                      "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                      "Vary": { "$ref": "#/components/headers/Vary" },
                      "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                    }
                  },
                  "Problem": {"description": "An error. The problem codes are listed below.",
                    "headers": {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}},
                    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
                }
              }
            }
            """#)
}
