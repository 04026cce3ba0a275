"""Buys with the client that openapi-python-client made: product, cart, order, and the order read again.

Run with the service's address by test_generated_clients.py.
"""

import sys
import uuid

from shop_client import Client
from shop_client.api.carts import add_cart_item, create_cart, get_cart, remove_cart_item, set_cart_item
from shop_client.api.catalogue import get_product, list_products
from shop_client.api.orders import cancel_order, get_order, place_order
from shop_client.api.service import get_health, get_home
from shop_client.models import (
    AddCartItemBody,
    AddressInput,
    CartOrder,
    CreateCartBody,
    CurrencyMismatch,
    DirectOrder,
    DirectOrderItemsItem,
    SetCartItemBody,
)

client = Client(base_url=sys.argv[1], raise_on_unexpected_status=True)
assert get_health.sync(client=client).status in ("ok", "degraded")
assert get_home.sync(client=client).startswith("<!DOCTYPE html>")

# A product that can be bought.
products = list_products.sync(client=client, in_stock=True, limit=5)
product = get_product.sync(products.data[0].slug, client=client)
variant = next(variant for variant in product.variants if variant.in_stock)

# A cart with it, written on condition of the version that was read: once over, once with 2, once without it and again.
cart = create_cart.sync(client=client)
token = cart.token
read = get_cart.sync_detailed(cart.id, client=client, x_cart_token=token)
tag = read.headers["ETag"]
item = AddCartItemBody(sku=variant.sku, quantity=1)
added = add_cart_item.sync_detailed(cart.id, client=client, body=item, x_cart_token=token, if_match=tag)
assert added.status_code == 200, added.content
again = add_cart_item.sync_detailed(cart.id, client=client, body=item, x_cart_token=token, if_match=tag)
assert again.status_code == 412 and again.parsed.code == "precondition_failed", again.content
cart = remove_cart_item.sync(cart.id, variant.sku, client=client, x_cart_token=token, if_match=added.headers["ETag"])
assert cart.items == []
cart = set_cart_item.sync(cart.id, variant.sku, client=client, body=SetCartItemBody(quantity=2), x_cart_token=token)
assert [line.quantity for line in cart.items] == [2]
assert cart.total.amount == 2 * variant.price.amount

# The order, sent twice, for an address without a postal code.
address = AddressInput(name="Noor Haddad", line1="Al Corniche Street 12", city="Doha", country="QA")
order = CartOrder(
    cart_id=cart.id, cart_version=cart.version, expected_total=cart.total, email=" noor@example.com ", shipping_address=address
)
key = str(uuid.uuid4())
placed = place_order.sync_detailed(client=client, body=order, idempotency_key=key, x_cart_token=token)
assert placed.status_code == 201, placed.content
replayed = place_order.sync_detailed(client=client, body=order, idempotency_key=key, x_cart_token=token)
assert replayed.headers["Idempotent-Replayed"] == "true" and replayed.parsed.id == placed.parsed.id
read = get_order.sync(placed.parsed.number, client=client, x_order_token=placed.parsed.access_token)
assert (read.id, read.total, read.email) == (placed.parsed.id, cart.total, "noor@example.com")
assert read.shipping_address.to_dict() == address.to_dict()
assert read.history[0].status == "pending_payment"
cancelled = cancel_order.sync(read.number, client=client, x_order_token=placed.parsed.access_token)
assert cancelled.status == "cancelled"

# What is wrong has a name: an address of a country that needs a postal code, an item of another currency than the cart's.
direct = DirectOrder(items=[DirectOrderItemsItem(sku=variant.sku, quantity=1)], email="noor@example.com", shipping_address=address)
direct.shipping_address.country = "US"
refused = place_order.sync(client=client, body=direct, idempotency_key=str(uuid.uuid4()))
assert [fault.pointer for fault in refused.errors] == ["/shipping_address/postal_code"], refused
euro = create_cart.sync(client=client, body=CreateCartBody(currency="EUR"))
mismatch = add_cart_item.sync(euro.id, client=client, body=item, x_cart_token=euro.token)
assert isinstance(mismatch, CurrencyMismatch), mismatch
assert (mismatch.code, mismatch.currency, mismatch.other_currency) == ("currency_mismatch", "EUR", "USD")
client.get_httpx_client().close()
print("bought")
