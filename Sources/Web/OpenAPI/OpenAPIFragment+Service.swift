extension OpenAPIFragment {
    /// What every part of the API shares, and the document itself. Part of every ``OpenAPIDocument``.
    static let service = OpenAPIFragment(
        tag: "Service", description: "The service about itself.",
        json: #"""
            {
              "paths": {
                "/openapi.json": {"get": {
                  "operationId": "getOpenAPI", "summary": "This document",
                  "responses": {"200": {"description": "OpenAPI 3.1.",
                    "content": {"application/json": {"schema": {"type": "object"}}}}}
                }},
                "/docs": {"get": {
                  "operationId": "getDocs", "summary": "This document as a page",
                  "responses": {"200": {"description": "A page without outside assets.",
                    "content": {"text/html": {"schema": {"type": "string"}}}}}
                }}
              },
              "components": {
                "schemas": {
                  "Problem": {
                    "type": "object",
                    "description": "What went wrong (RFC 9457). Tell problems apart by `code`.",
                    "required": ["type", "title", "status", "code", "request_id"],
                    "properties": {
                      "type": {"type": "string", "format": "uri-reference",
                        "description": "Where the code is explained.", "example": "/docs#invalid"},
                      "title": {"type": "string", "description": "The same for every occurrence.",
                        "example": "Invalid input"},
                      "status": {"type": "integer", "example": 422},
                      "detail": {"type": "string", "description": "What is particular to this occurrence.",
                        "example": "must be between 1 and 999"},
                      "code": {"type": "string", "description": "Stable, snake_case.", "example": "invalid"},
                      "request_id": {"type": "string", "description": "Name it when you report the problem.",
                        "example": "01980a3c-5d1e-7b60-9c1d-3f2a7c9e5b10"},
                      "errors": {"type": "array", "description": "Where the input is wrong.",
                        "items": {"$ref": "#/components/schemas/InputFault"}}
                    }
                  },
                  "InputFault": {
                    "type": "object",
                    "description": "One thing that is wrong with a request, and where.",
                    "required": ["detail"],
                    "properties": {
                      "pointer": {"type": "string", "description": "The place in the body (RFC 6901).",
                        "example": "/items/0/quantity"},
                      "parameter": {"type": "string", "description": "Or the query parameter."},
                      "header": {"type": "string", "description": "Or the header field."},
                      "detail": {"type": "string", "example": "must be between 1 and 999"}
                    },
                    "example": {"pointer": "/items/0/quantity", "detail": "must be between 1 and 999"}
                  }
                },
                "responses": {
                  "Problem": {"description": "A problem; see the list of codes.",
                    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
                }
              }
            }
            """#)
}
