"""Reads the document's examples as a later version of the service would answer: with members, values and problems that the
document does not know.

Run by test_generated_clients.py with `client` or `models`, and the document's path.
"""

import importlib
import json
import sys
from pathlib import Path

kind, document = sys.argv[1], json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
schemas = document["components"]["schemas"]


def later(value, schema):
    """The value with an unknown member in each object, and an unknown word where the document lists words."""
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in schema and value is not None:
        schema = next(choice for choice in schema["anyOf"] if choice.get("type") != "null")
        return later(value, schema)
    if "x-extensible-enum" in schema:
        return "of_a_later_version"
    if isinstance(value, list):
        return [later(element, schema.get("items", {})) for element in value]
    if isinstance(value, dict):
        known = schema.get("properties")
        if known is None:
            return value
        return {name: later(member, known.get(name, {})) for name, member in value.items()} | {"later_member": {"a": [1]}}
    return value


def read(name, value):
    """Reads an object with the generated class of that name, and gives it back as JSON."""
    if kind == "client":
        module = importlib.import_module("shop_client.models")
        return getattr(module, name).from_dict(value).to_dict()
    return getattr(importlib.import_module("models"), name).model_validate(value).model_dump(mode="json")


def answers():
    """Every success with a body and its schema's name."""
    responses = document["components"]["responses"]
    for item in document["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                if "$ref" in response:
                    response = responses[response["$ref"].rsplit("/", 1)[1]]
                media = response.get("content", {}).get("application/json")
                if not media or not status.startswith("2"):
                    continue
                choices = [it["$ref"].rsplit("/", 1)[1] for it in media["schema"].get("anyOf", [media["schema"]]) if "$ref" in it]
                for example in media.get("examples", {}).values():
                    # The first one that it can be.
                    name = next((it for it in choices if set(schemas[it].get("required", [])) <= set(example["value"])), None)
                    if name:
                        yield name, example["value"]


seen = set()
for name, example in answers():
    seen.add(name)
    changed = later(example, schemas[name])
    assert changed != example
    back = read(name, changed)
    assert back.get("status") == changed.get("status"), (name, back)
assert {"Cart", "NewCart", "Order", "PlacedOrder", "Product", "ProductList", "Health"} <= seen, seen

problem = {
    "type": "/docs#later", "title": "Later", "status": 409, "code": "of_a_later_version", "request_id": "1", "detail": "Later.",
    "errors": [{"cookie": "a", "detail": "new place"}], "later_member": 1,
}
assert read("Problem", problem)["code"] == "of_a_later_version"
if kind == "client":
    import httpx
    from shop_client import Client
    from shop_client.api.orders import place_order

    answer = httpx.Response(409, json=problem)
    client = Client(base_url="http://shop.invalid")
    assert place_order._parse_response(client=client, response=answer).code == "of_a_later_version"
