import Web

extension OpenAPIFragment {
    /// The cart's calls that go on.
    static let cartLive = OpenAPIFragment(
        tag: "Carts", description: "",
        json: #"""
            {
              "paths": {
                "/v1/carts/{id}/tickets": {
                  "post": {
                    "operationId": "createCartTicket",
                    "summary": "Get a ticket to listen with",
                    "description": "For browsers: EventSource and WebSocket cannot send `X-Cart-Token`. The ticket lets one connection listen to this cart, begun before `expires_at`; a connection that is lost needs another. A WebSocket offers it as a subprotocol, so that it stands in no URL. EventSource can only put it into the query, which proxies on the way may log: it opens nothing once it is used or `expires_at` has passed, and the service itself logs neither. There is no body.",
                    "parameters": [
                      { "$ref": "#/components/parameters/CartId" },
                      { "$ref": "#/components/parameters/CartToken" }
                    ],
                    "responses": {
                      "201": {
                        "description": "The ticket.",
                        "headers": {
                          "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                          "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                        },
                        "content": {
                          "application/json": {
                            "schema": { "$ref": "#/components/schemas/CartTicket" },
                            "examples": {
                              "ticket": {
                                "value": { "ticket": "nR5d0Yq3TzB8v2KcWm7xLs1aUe4hPo6iGf9jXt_-Zw0", "expires_at": "2026-03-04T18:21:11.402117Z" }
                              }
                            }
                          }
                        }
                      },
                      "400": { "$ref": "#/components/responses/Malformed" },
                      "404": { "$ref": "#/components/responses/NotFound" },
                      "503": { "$ref": "#/components/responses/Unavailable" }
                    }
                  }
                },
                "/v1/carts/{id}/events": {
                  "get": {
                    "operationId": "listenToCart",
                    "summary": "Listen to a cart",
                    "description": "Server-Sent Events: `cart.updated` with the whole cart as `data` and its version as `id`, for the cart as it is now and within a second of every write, wherever it was made; `cart.deleted` with the cart's id, and then the end. Each event is all there is to know, so only the newest is sent to whoever reads slowly. A comment at least every 15 seconds shows that the connection is alive. With `Last-Event-ID` the present cart is left out where it has that version. The stream ends when the service goes: come back. EventSource comes back by itself with the same ticket, which is used up (404, and it gives up): on its `error` get a ticket and make a new one, with its last id in `last_event_id`.",
                    "parameters": [
                      { "$ref": "#/components/parameters/CartId" },
                      { "$ref": "#/components/parameters/ListenerToken" },
                      { "$ref": "#/components/parameters/Ticket" },
                      {
                        "name": "Last-Event-ID",
                        "in": "header",
                        "required": false,
                        "description": "The id of the last event seen.",
                        "schema": { "type": "string" },
                        "example": "3"
                      },
                      { "$ref": "#/components/parameters/LastEventId" }
                    ],
                    "responses": {
                      "200": {
                        "description": "The events.",
                        "headers": {
                          "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                          "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                        },
                        "content": {
                          "text/event-stream": {
                            "schema": { "type": "string" },
                            "examples": {
                              "two": {
                                "summary": "A change, and that the cart was dropped (the cart's members left out)",
                                "value": "retry: 2000\n\nevent: cart.updated\nid: 3\ndata: {\"id\":\"019a2f70-91b4-7e3a-8a55-2d6c0e9f1b47\",\"version\":3}\n\nevent: cart.deleted\ndata: {\"id\":\"019a2f70-91b4-7e3a-8a55-2d6c0e9f1b47\"}\n\n"
                              }
                            }
                          }
                        }
                      },
                      "400": { "$ref": "#/components/responses/MalformedListening" },
                      "404": { "$ref": "#/components/responses/NotFound" },
                      "429": { "$ref": "#/components/responses/TooManyListeners" },
                      "503": { "$ref": "#/components/responses/Unavailable" }
                    }
                  }
                },
                "/v1/carts/{id}/live": {
                  "get": {
                    "operationId": "listenToCartByWebSocket",
                    "summary": "Listen to a cart over WebSocket",
                    "description": "The same events as JSON texts over WebSocket (RFC 6455, version 13): `{\"event\", \"id\", \"data\"}`. Browsers offer two subprotocols, `new WebSocket(url, [\"commerce.cart\", \"ticket.\" + ticket])`: the service takes the ticket from the second and speaks the first. Pings every 15 seconds; whoever answers none is dropped. Nothing is expected from the client. Pages of origins that the service does not allow are refused. Close code 1001 says that the service goes: come back, with a new ticket where one was used. Close code 1008 says that the client sent more than a listener may: pongs are few, and nothing else is needed.",
                    "parameters": [
                      { "$ref": "#/components/parameters/CartId" },
                      { "$ref": "#/components/parameters/ListenerToken" },
                      {
                        "name": "Sec-WebSocket-Protocol",
                        "in": "header",
                        "required": false,
                        "description": "Subprotocols: `commerce.cart`, and a ticket for the cart behind `ticket.`, which goes before one in the query.",
                        "schema": { "type": "string" },
                        "example": "commerce.cart, ticket.nR5d0Yq3TzB8v2KcWm7xLs1aUe4hPo6iGf9jXt_-Zw0"
                      },
                      { "$ref": "#/components/parameters/Ticket" },
                      { "$ref": "#/components/parameters/LastEventId" }
                    ],
                    "responses": {
                      "101": {
                        "description": "From here on WebSocket. Each text from the service is a CartMessage. `Sec-WebSocket-Protocol` is `commerce.cart` where the client offers that.",
                        "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } }
                      },
                      "400": { "$ref": "#/components/responses/MalformedListening" },
                      "403": {
                        "description": "The page's `Origin` is not among those allowed.",
                        "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                        "content": {
                          "application/problem+json": {
                            "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "const": "forbidden" } } },
                            "examples": {
                              "forbidden": {
                                "value": { "type": "/docs#forbidden", "title": "Not allowed", "status": 403, "detail": "Pages of this origin may not listen.", "code": "forbidden", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                              }
                            }
                          }
                        }
                      },
                      "404": { "$ref": "#/components/responses/NotFound" },
                      "426": {
                        "description": "No WebSocket, or another version than 13 was asked for.",
                        "headers": {
                          "Upgrade": { "description": "`websocket`.", "required": true, "schema": { "const": "websocket" } },
                          "Sec-WebSocket-Version": { "description": "The version that is spoken.", "required": true, "schema": { "const": "13" } },
                          "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                        },
                        "content": {
                          "application/problem+json": {
                            "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "const": "upgrade_required" } } },
                            "examples": {
                              "upgrade_required": {
                                "value": { "type": "/docs#upgrade_required", "title": "WebSocket required", "status": 426, "detail": "Only version 13 of WebSocket is spoken.", "code": "upgrade_required", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                              }
                            }
                          }
                        }
                      },
                      "429": { "$ref": "#/components/responses/TooManyListeners" },
                      "503": { "$ref": "#/components/responses/Unavailable" }
                    }
                  }
                }
              },
              "components": {
                "schemas": {
                  "CartTicket": {
                    "type": "object",
                    "required": ["ticket", "expires_at"],
                    "additionalProperties": false,
                    "properties": {
                      "ticket": { "type": "string", "pattern": "^[A-Za-z0-9_-]{43}$", "description": "For `?ticket=` or the subprotocol `ticket.…`; good for one connection." },
                      "expires_at": { "type": "string", "format": "date-time", "description": "Until when a connection can be begun with it; one that is open stays." }
                    }
                  },
                  "CartMessage": {
                    "type": "object",
                    "description": "What a WebSocket is sent.",
                    "required": ["event", "id", "data"],
                    "additionalProperties": false,
                    "properties": {
                      "event": { "type": "string", "enum": ["cart.updated", "cart.deleted"] },
                      "id": { "type": ["integer", "null"], "minimum": 1, "description": "The cart's version; null with `cart.deleted`." },
                      "data": { "type": "object", "description": "The Cart; with `cart.deleted` its `id` alone." }
                    }
                  }
                },
                "parameters": {
                  "ListenerToken": {
                    "name": "X-Cart-Token",
                    "in": "header",
                    "required": false,
                    "description": "The cart's `token`; browsers send a ticket instead. Without either: 404.",
                    "schema": { "type": "string", "minLength": 1 },
                    "example": "Jx0q3mZ8Yb5vT1nWc7RkLd2eUf9hAs4gPi6oXy_-Qt0"
                  },
                  "Ticket": {
                    "name": "ticket",
                    "in": "query",
                    "required": false,
                    "description": "A ticket for the cart. One that is used, ended or another cart's: 404.",
                    "schema": { "type": "string", "pattern": "^[^\\u0000\\r\\n]*$" },
                    "example": "nR5d0Yq3TzB8v2KcWm7xLs1aUe4hPo6iGf9jXt_-Zw0"
                  },
                  "LastEventId": {
                    "name": "last_event_id",
                    "in": "query",
                    "required": false,
                    "description": "The id of the last event seen, where the field Last-Event-ID cannot be sent.",
                    "schema": { "type": "string", "pattern": "^[^\\u0000\\r\\n]*$" },
                    "example": "3"
                  }
                },
                "responses": {
                  "MalformedListening": {
                    "description": "The request cannot be read.",
                    "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "enum": ["bad_request", "malformed_path", "malformed_query"] } } },
                        "examples": {
                          "malformed_query": {
                            "value": { "type": "/docs#malformed_query", "title": "Malformed query", "status": 400, "code": "malformed_query", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                          }
                        }
                      }
                    }
                  },
                  "TooManyListeners": {
                    "description": "The cart has as many listeners as one can have, or you have. Close some.",
                    "headers": {
                      "Retry-After": { "$ref": "#/components/headers/RetryAfter" },
                      "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                    },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "const": "rate_limited" } } },
                        "examples": {
                          "rate_limited": {
                            "value": { "type": "/docs#rate_limited", "title": "Too many requests", "status": 429, "detail": "The cart has too many listeners already.", "code": "rate_limited", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                          }
                        }
                      }
                    }
                  }
                }
              }
            }
            """#,
        problems: [.upgradeRequired])
}
