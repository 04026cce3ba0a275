import Web

extension OpenAPIFragment {
    /// The service's calls about itself, besides those of every ``OpenAPIDocument``.
    static let health = OpenAPIFragment(
        tag: "Service",
        description: "The service about itself.",
        json: #"""
            {
              "paths": {
                "/health": {
                  "get": {
                    "operationId": "getHealth",
                    "summary": "Whether to send requests here",
                    "description": "For a load balancer. A dependency's trouble shows within two seconds as `degraded`, still with 200: what works goes on working. Asks nobody, so it answers at once.",
                    "responses": {
                      "200": {
                        "description": "Send requests: `ok`, or `degraded` while PostgreSQL, its replica or Redis does not answer, or the replica is behind.",
                        "headers": {
                          "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                          "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                        },
                        "content": {
                          "application/json": {
                            "schema": { "$ref": "#/components/schemas/Health", "properties": { "status": { "enum": ["ok", "degraded"] } } },
                            "examples": {
                              "ok": {
                                "value": {
                                  "status": "ok", "version": "1.0.0", "uptime_seconds": 86423,
                                  "checks": { "postgres": { "status": "ok", "latency_ms": 0.412 }, "redis": { "status": "ok", "latency_ms": 0.098, "breaker": "closed" } }
                                }
                              },
                              "degraded": {
                                "summary": "Redis is away, the shop sells on",
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
                        "description": "Send none for now: `starting`, `schema_behind` (migrations have to run), or `draining` (about to end).",
                        "headers": {
                          "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                          "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                        },
                        "content": {
                          "application/json": {
                            "schema": { "$ref": "#/components/schemas/Health", "properties": { "status": { "enum": ["starting", "schema_behind", "draining"] } } },
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
                    "summary": "Whether the process turns",
                    "description": "For a container's runtime: 200 while the service can answer anything at all, whatever its dependencies do.",
                    "responses": {
                      "200": {
                        "description": "It turns.",
                        "headers": {
                          "Cache-Control": { "$ref": "#/components/headers/CacheControl" },
                          "X-Request-Id": { "$ref": "#/components/headers/RequestId" }
                        },
                        "content": {
                          "application/json": {
                            "schema": {
                              "type": "object",
                              "required": ["status"],
                              "additionalProperties": false,
                              "properties": { "status": { "const": "ok" } }
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
                    "description": "Pictures of the demo catalogue, where they are configured. May be kept for a day.",
                    "parameters": [
                      {
                        "name": "path",
                        "in": "path",
                        "required": true,
                        "x-multi-segment": true,
                        "description": "The file's path; slashes in it stand as they are.",
                        "schema": { "type": "string", "minLength": 1, "pattern": "^[^\\u0000\\r\\n]+$" },
                        "example": "fern-enamel-mug.svg"
                      },
                      { "$ref": "#/components/parameters/IfNoneMatch" },
                      {
                        "name": "If-Modified-Since",
                        "in": "header",
                        "description": "The `Last-Modified` you have. Counts only without `If-None-Match`.",
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
                            "description": "When the file was last changed, where that is known.",
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
                    "additionalProperties": false,
                    "properties": {
                      "status": { "type": "string" },
                      "version": { "type": "string", "description": "Of the program." },
                      "uptime_seconds": { "type": "integer", "minimum": 0 },
                      "checks": {
                        "type": "object",
                        "description": "What was asked so far; without `postgres_replica` and `redis` where none is configured.",
                        "additionalProperties": false,
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
                    "additionalProperties": false,
                    "properties": {
                      "status": { "type": "string", "enum": ["ok", "down"] },
                      "latency_ms": { "type": "number", "minimum": 0, "description": "How long it took to answer, or until it was given up." }
                    }
                  },
                  "ReplicaCheck": {
                    "type": "object",
                    "description": "Where the catalogue is read. `behind`: it answers, and lags too much; as with `down`, the primary is read then, and nothing fails.",
                    "required": ["status", "latency_ms"],
                    "additionalProperties": false,
                    "properties": {
                      "status": { "type": "string", "enum": ["ok", "behind", "down"] },
                      "latency_ms": { "type": "number", "minimum": 0, "description": "How long its last answer took, or for how long it has given none." }
                    }
                  },
                  "RedisCheck": {
                    "type": "object",
                    "required": ["status", "latency_ms", "breaker"],
                    "additionalProperties": false,
                    "properties": {
                      "status": { "type": "string", "enum": ["ok", "down"] },
                      "latency_ms": { "type": "number", "minimum": 0, "description": "How long it took to answer, or until it was given up." },
                      "breaker": {
                        "type": "string", "enum": ["closed", "open", "half_open"],
                        "description": "`closed`: Redis is asked. `open`: it failed, and is left alone for a pause of under a second. `half_open`: the pause is over, one attempt is under way."
                      }
                    }
                  }
                }
              }
            }
            """#)
}
