import OpenAPI
import Web

extension OpenAPIFragment {
    /// The cart's calls that go on.
    package static let cartLive = OpenAPIFragment(
        tag: "Carts", description: "",
        json: #"""
            {
              "paths": {
                "/v1/carts/{id}/tickets": {
                  "post": {
                    "operationId": "createCartTicket",
                    "summary": "Get a ticket for live updates",
                    "description": "For browsers, where EventSource and WebSocket cannot send `X-Cart-Token`. With the ticket, one connection can receive the updates of this cart. It must be opened before `expires_at`. After a lost connection you need a new ticket. A WebSocket sends the ticket as a subprotocol, so that no URL contains it. EventSource can only send it in the query, which proxies may log; a ticket that was used or has expired opens nothing, and the service itself does not log it. The request has no body.",
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
                    "summary": "Receive cart updates",
                    "description": "Server-Sent Events. The first event is the present cart. After that, `cart.updated` is sent within a second of every change, with the whole cart as `data` and its version as `id`. When the cart is deleted, `cart.deleted` is sent with the cart's id, and the stream ends. Every event has the complete cart, so a slow client receives only the latest one. A comment is sent at least every 15 seconds to show that the connection is alive. With `Last-Event-ID`, the first event is omitted if the cart still has that version.\n\nThe stream ends when the service restarts: connect again. EventSource connects again by itself, but with the used ticket, and gets 404. On its `error` event, get a new ticket and open a new EventSource, with the id of the last event as `last_event_id`.",
                    "parameters": [
                      { "$ref": "#/components/parameters/CartId" },
                      { "$ref": "#/components/parameters/ListenerToken" },
                      { "$ref": "#/components/parameters/Ticket" },
                      {
                        "name": "Last-Event-ID",
                        "in": "header",
                        "required": false,
                        "description": "The id of the last event that you received.",
                        "schema": { "type": "string" },
                        "example": "3"
                      },
                      { "$ref": "#/components/parameters/LastEventId" }
                    ],
                    "responses": {
                      "200": {
                        "description": "The stream of events.",
                        "headers": {
                          "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                          "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                        },
                        "content": {
                          "text/event-stream": {
                            "schema": { "type": "string" },
                            "examples": {
                              "two": {
                                "summary": "A change, then the deletion (the cart's members are not shown)",
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
                    "summary": "Receive cart updates over WebSocket",
                    "description": "The same events over WebSocket (RFC 6455, version 13), as JSON text messages: `{\"event\", \"id\", \"data\"}`. In a browser, offer two subprotocols: `new WebSocket(url, [\"commerce.cart\", \"ticket.\" + ticket])`. The service reads the ticket from the second and selects the first. The service pings every 15 seconds and closes the connection if there is no pong. The client need not send anything. Pages of origins that are not allowed are refused. Close code 1001 means that the service restarts: connect again, with a new ticket if you used one. Close code 1008 means that the client sent too many messages: only pongs are needed.",
                    "parameters": [
                      { "$ref": "#/components/parameters/CartId" },
                      { "$ref": "#/components/parameters/ListenerToken" },
                      {
                        "name": "Sec-WebSocket-Protocol",
                        "in": "header",
                        "required": false,
                        "description": "Subprotocols: `commerce.cart`, and `ticket.` followed by a ticket for the cart. This ticket is used instead of one in the query.",
                        "schema": { "type": "string" },
                        "example": "commerce.cart, ticket.nR5d0Yq3TzB8v2KcWm7xLs1aUe4hPo6iGf9jXt_-Zw0"
                      },
                      { "$ref": "#/components/parameters/Ticket" },
                      { "$ref": "#/components/parameters/LastEventId" }
                    ],
                    "responses": {
                      "101": {
                        "description": "The connection is now a WebSocket. Each text message from the service is a CartMessage. `Sec-WebSocket-Protocol` is `commerce.cart` if the client offered it.",
                        "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } }
                      },
                      "400": { "$ref": "#/components/responses/MalformedListening" },
                      "403": {
                        "description": "The `Origin` of the page is not allowed.",
                        "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                        "content": {
                          "application/problem+json": {
                            "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "x-extensible-enum": ["forbidden"] } } },
                            "examples": {
                              "forbidden": {
                                "value": { "type": "/docs#forbidden", "title": "Not allowed", "status": 403, "detail": "Pages of this origin cannot receive updates.", "code": "forbidden", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                              }
                            }
                          }
                        }
                      },
                      "404": { "$ref": "#/components/responses/NotFound" },
                      "426": {
                        "description": "The request is not a WebSocket handshake of version 13.",
                        "headers": {
                          "Upgrade": { "description": "`websocket`.", "required": true, "schema": { "const": "websocket" } },
                          "Sec-WebSocket-Version": { "description": "The version that is supported.", "required": true, "schema": { "const": "13" } },
                          "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                        },
                        "content": {
                          "application/problem+json": {
                            "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "x-extensible-enum": ["upgrade_required"] } } },
                            "examples": {
                              "upgrade_required": {
                                "value": { "type": "/docs#upgrade_required", "title": "WebSocket required", "status": 426, "detail": "Only WebSocket version 13 is supported.", "code": "upgrade_required", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
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
                    "properties": {
                      "ticket": { "type": "string", "pattern": "^[A-Za-z0-9_-]{43}$", "description": "Send it as `?ticket=` or as the subprotocol `ticket.…`. It is valid for one connection." },
                      "expires_at": { "type": "string", "format": "date-time", "description": "The connection must be opened before this time. An open connection stays open." }
                    }
                  },
                  "CartMessage": {
                    "type": "object",
                    "description": "A message over the WebSocket.",
                    "required": ["event", "id", "data"],
                    "properties": {
                      "event": { "type": "string", "x-extensible-enum": ["cart.updated", "cart.deleted"] },
                      "id": { "type": ["integer", "null"], "minimum": 1, "description": "The version of the cart; null with `cart.deleted`." },
                      "data": { "type": "object", "description": "The cart; with `cart.deleted` only its `id`." }
                    }
                  }
                },
                "parameters": {
                  "ListenerToken": {
                    "name": "X-Cart-Token",
                    "in": "header",
                    "required": false,
                    "description": "The cart's `token`. Browsers send a ticket instead. Without either the answer is 404.",
                    "schema": { "type": "string", "minLength": 1 },
                    "example": "Jx0q3mZ8Yb5vT1nWc7RkLd2eUf9hAs4gPi6oXy_-Qt0"
                  },
                  "Ticket": {
                    "name": "ticket",
                    "in": "query",
                    "required": false,
                    "description": "A ticket for the cart. The answer is 404 if it was used, has expired or is for another cart.",
                    "schema": { "type": "string", "pattern": "^[^\\u0000\\r\\n]*$" },
                    "example": "nR5d0Yq3TzB8v2KcWm7xLs1aUe4hPo6iGf9jXt_-Zw0"
                  },
                  "LastEventId": {
                    "name": "last_event_id",
                    "in": "query",
                    "required": false,
                    "description": "The id of the last event that you received, if you cannot send the Last-Event-ID header.",
                    "schema": { "type": "string", "pattern": "^[^\\u0000\\r\\n]*$" },
                    "example": "3"
                  }
                },
                "responses": {
                  "MalformedListening": {
                    "description": "The request is malformed.",
                    "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "x-extensible-enum": ["bad_request", "malformed_path", "malformed_query"] } } },
                        "examples": {
                          "malformed_query": {
                            "value": { "type": "/docs#malformed_query", "title": "Malformed query", "status": 400, "code": "malformed_query", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
                          }
                        }
                      }
                    }
                  },
                  "TooManyListeners": {
                    "description": "This cart, or your address, has the maximum number of open connections. Close one first.",
                    "headers": {
                      "Retry-After": { "$ref": "#/components/headers/RetryAfter" },
                      "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                    },
                    "content": {
                      "application/problem+json": {
                        "schema": { "$ref": "#/components/schemas/Problem", "properties": { "code": { "x-extensible-enum": ["rate_limited"] } } },
                        "examples": {
                          "rate_limited": {
                            "value": { "type": "/docs#rate_limited", "title": "Too many requests", "status": 429, "detail": "The cart has too many open connections.", "code": "rate_limited", "request_id": "019a2f6e-3c41-7d02-9b1e-5f0c8a7d4e21" }
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
