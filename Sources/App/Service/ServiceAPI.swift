import OpenAPI
import Web

extension OpenAPIFragment {
    /// The service's calls about itself, besides those of every ``OpenAPIDocument``.
    static let health = OpenAPIFragment(
        tag: "Service",
        description: "The health of the service, and its documentation.",
        json: #"""
            {
              "paths": {
                "/health": {
                  "get": {
                    "operationId": "getHealth",
                    "summary": "Readiness",
                    "description": "For load balancers. If PostgreSQL or Redis fails, the status becomes `degraded` within two seconds. The answer is still 200, because calls that do not need it still work. The answer comes from memory.",
                    "responses": {
                      "200": {
                        "description": "Send requests. `ok`, or `degraded` while PostgreSQL, its replica or Redis does not answer, or the replica is behind.",
                        "headers": {
                          "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                          "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                        },
                        "content": {
                          "application/json": {
                            "schema": { "$ref": "#/components/schemas/Health", "properties": { "status": { "x-extensible-enum": ["ok", "degraded"] } } },
                            "examples": {
                              "ok": {
                                "value": {
                                  "status": "ok", "version": "1.0.0", "uptime_seconds": 86423,
                                  "checks": { "postgres": { "status": "ok", "latency_ms": 0.412 }, "redis": { "status": "ok", "latency_ms": 0.098, "breaker": "closed" } }
                                }
                              },
                              "degraded": {
                                "summary": "Redis is unavailable, and the service continues without it",
                                "value": {
                                  "status": "degraded", "version": "1.0.0", "uptime_seconds": 86424,
                                  "checks": { "postgres": { "status": "ok", "latency_ms": 0.397 }, "redis": { "status": "down", "latency_ms": 0.013, "breaker": "open" } }
                                }
                              }
                            }
                          }
                        }
                      },
                      "503": {
                        "description": "Send no requests now. `starting`: the service is not ready yet. `schema_behind`: database migrations are missing. `draining`: the service is shutting down.",
                        "headers": {
                          "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                          "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                        },
                        "content": {
                          "application/json": {
                            "schema": { "$ref": "#/components/schemas/Health", "properties": { "status": { "x-extensible-enum": ["starting", "schema_behind", "draining"] } } },
                            "examples": {
                              "starting": { "value": { "status": "starting", "version": "1.0.0", "uptime_seconds": 0, "checks": {} } },
                              "draining": {
                                "value": {
                                  "status": "draining", "version": "1.0.0", "uptime_seconds": 90211,
                                  "checks": { "postgres": { "status": "ok", "latency_ms": 0.421 } }
                                }
                              }
                            }
                          }
                        }
                      }
                    }
                  }
                },
                "/health/live": {
                  "get": {
                    "operationId": "getLiveness",
                    "summary": "Liveness",
                    "description": "For container runtimes. The answer is 200 while the process can answer requests, whatever the state of its dependencies.",
                    "responses": {
                      "200": {
                        "description": "The process is alive.",
                        "headers": {
                          "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                          "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                        },
                        "content": {
                          "application/json": {
                            "schema": {
                              "type": "object",
                              "required": ["status"],
                              "properties": { "status": { "type": "string", "x-extensible-enum": ["ok"] } }
                            },
                            "examples": { "ok": { "value": { "status": "ok" } } }
                          }
                        }
                      }
                    }
                  }
                },
                "/assets/{path}": {
                  "get": {
                    "operationId": "getAsset",
                    "summary": "Get a picture",
                    "description": "Pictures of the demo catalogue, if the service has any. They can be cached for a day.",
                    "parameters": [
                      {
                        "name": "path",
                        "in": "path",
                        "required": true,
                        "x-multi-segment": true,
                        "description": "The path of the file. Slashes are not encoded.",
                        "schema": { "type": "string", "minLength": 1, "pattern": "^[^\\u0000\\r\\n]+$" },
                        "example": "fern-enamel-mug.svg"
                      },
                      { "$ref": "#/components/parameters/IfNoneMatch" },
                      {
                        "name": "If-Modified-Since",
                        "in": "header",
                        "description": "The `Last-Modified` that you have. It is ignored if there is an `If-None-Match`.",
                        "schema": { "type": "string", "examples": ["Sun, 06 Nov 1994 08:49:37 GMT"] }
                      },
                      { "$ref": "#/components/parameters/AcceptEncoding" }
                    ],
                    "responses": {
                      "200": {
                        "description": "The file.",
                        "headers": {
                          "ETag": { "$ref": "#/components/headers/ETag" },
                          "Last-Modified": {
                            "description": "When the file was last changed, if that is known.",
                            "schema": { "type": "string", "examples": ["Sun, 06 Nov 1994 08:49:37 GMT"] }
                          },
                          "Vary": { "$ref": "#/components/headers/Vary" },
                          "Content-Encoding": { "$ref": "#/components/headers/ContentEncoding" },
                          "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                          "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                        },
                        "content": {
                          "image/*": { "schema": { "description": "The picture's bytes." } },
                          "text/*": { "schema": { "type": "string" } }
                        }
                      },
                      "304": { "$ref": "#/components/responses/NotModified" },
                      "400": { "$ref": "#/components/responses/Malformed" },
                      "404": { "$ref": "#/components/responses/NotFound" }
                    }
                  }
                }
              },
              "components": {
                "schemas": {
                  "Health": {
                    "type": "object",
                    "required": ["status", "version", "uptime_seconds", "checks"],
                    "properties": {
                      "status": { "type": "string" },
                      "version": { "type": "string", "description": "The version of the service." },
                      "uptime_seconds": { "type": "integer", "minimum": 0 },
                      "checks": {
                        "type": "object",
                        "description": "The dependencies that were checked. `postgres_replica` and `redis` are absent if they are not configured.",
                        "properties": {
                          "postgres": { "$ref": "#/components/schemas/HealthCheck" },
                          "postgres_replica": { "$ref": "#/components/schemas/ReplicaCheck" },
                          "redis": { "$ref": "#/components/schemas/RedisCheck" }
                        }
                      }
                    }
                  },
                  "HealthCheck": {
                    "type": "object",
                    "required": ["status", "latency_ms"],
                    "properties": {
                      "status": { "type": "string", "x-extensible-enum": ["ok", "down"] },
                      "latency_ms": { "type": "number", "minimum": 0, "description": "How long the check took, also if it failed." }
                    }
                  },
                  "ReplicaCheck": {
                    "type": "object",
                    "description": "The replica that serves the catalogue. `behind`: it answers, but its data is too old. With `behind` and `down` the primary is used instead.",
                    "required": ["status", "latency_ms"],
                    "properties": {
                      "status": { "type": "string", "x-extensible-enum": ["ok", "behind", "down"] },
                      "latency_ms": { "type": "number", "minimum": 0, "description": "How long its last answer took, or how long it has not answered." }
                    }
                  },
                  "RedisCheck": {
                    "type": "object",
                    "required": ["status", "latency_ms", "breaker"],
                    "properties": {
                      "status": { "type": "string", "x-extensible-enum": ["ok", "down"] },
                      "latency_ms": { "type": "number", "minimum": 0, "description": "How long the check took, also if it failed." },
                      "breaker": {
                        "type": "string", "x-extensible-enum": ["closed", "open", "half_open"],
                        "description": "The circuit breaker. `closed`: Redis is used. `open`: it failed and is not used for less than a second. `half_open`: one attempt is being made."
                      }
                    }
                  }
                }
              }
            }
            """#)
}
