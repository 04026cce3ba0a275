"""The requests of wrk, in Lua."""
from rig import FIRST, PRODUCTS, SECOND

ANY_PRODUCT = """
function init() math.randomseed(os.time()) end
function request()
  return wrk.format("GET", string.format("/v1/products/01900000-0000-7000-8000-%%012d", math.random(%d)))
end
"""


def product(count=PRODUCTS):
    return ANY_PRODUCT % count


def same(path):
    return f'function request() return wrk.format("GET", "{path}") end\n'


def one_of(paths):
    """Any of these paths."""
    quoted = ",".join(f'"{path}"' for path in paths)
    return f"""
local paths = {{{quoted}}}
function init() math.randomseed(os.time()) end
function request() return wrk.format("GET", paths[math.random(#paths)]) end
"""


def search():
    """Two words of many, in one of the orders a list can have."""
    return """
local first, second = {%s}, {%s}
local sorts = {"relevance", "price", "-price", "newest"}
function init() math.randomseed(os.time()) end
function request()
  local r = math.random
  return wrk.format("GET", "/v1/products?limit=20&q=" .. first[r(#first)] .. "+" .. second[r(#second)] .. "&sort=" .. sorts[r(4)])
end
""" % tuple(",".join(f'"{word}"' for word in words) for words in (FIRST, SECOND))


BUYER = ('"email":"ada@example.com","shipping_address":{"name":"Ada","line1":"1 Analytical Row","city":"London",'
         '"postal_code":"N1 7AA","country":"GB"}')
KEYS = """
local sent, token = 0, ""
function init() math.randomseed(os.time()); token = string.format("%08x", math.random(0, 2 ^ 31 - 1)) end
local headers = {["Content-Type"] = "application/json"}
local r = math.random
local function key() sent = sent + 1; headers["Idempotency-Key"] = "bench-order-" .. token .. "-" .. sent end
"""


def order(items, values=""):
    """Orders at once and without a cart; `items` and `values` go into string.format."""
    return KEYS + f"""
local body = '{{"items":[{items}],{BUYER}}}'
function request()
  key()
  return wrk.format("POST", "/v1/orders", headers, body{f":format({values})" if values else ""})
end
"""


LINE = '{"sku":"SKU-%d","quantity":%d}'
SPREAD = order(",".join([LINE] * 3), "r(1, 3333), r(1, 3), r(3334, 6666), r(1, 3), r(6667, 10000), r(1, 3)")


def flash(sku):
    return order(f'{{"sku":"{sku}","quantity":1}}')


def cart_add(carts):
    """Adds to any of some carts, each with its secret."""
    return """
local carts = {%s}
local headers = {["Content-Type"] = "application/json"}
local r = math.random
function init() math.randomseed(os.time()) end
function request()
  local cart = carts[r(#carts)]
  headers["X-Cart-Token"] = cart[2]
  return wrk.format("POST", "/v1/carts/" .. cart[1] .. "/items", headers,
    string.format('{"sku":"SKU-%%d","quantity":1}', r(%d)))
end
""" % (",".join(f'{{"{name}","{token}"}}' for name, token in carts), 40)


# Of a hundred requests: 45 products (a few hot ones half of the time), 18 lists, 8 searches, 3 times the categories, 6 new
# carts, 12 adds, 4 looks at a cart, 4 orders of a cart.
JOURNEY = """
local carts, sent, token = {}, 0, ""
local first, second = {%s}, {%s}
local plain = {["Content-Type"] = "application/json"}
local r = math.random
function init() math.randomseed(os.time()); token = string.format("%%08x", r(0, 2 ^ 31 - 1)) end
local function get(path) return wrk.format("GET", path) end
local function secret(cart) return {["Content-Type"] = "application/json", ["X-Cart-Token"] = cart.token} end
function request()
  local n = r(100)
  if n <= 45 then
    return get(string.format("/v1/products/01900000-0000-7000-8000-%%012d", n <= 22 and r(20) or r(10000)))
  elseif n <= 55 then return get("/v1/products?limit=20")
  elseif n <= 63 then return get("/v1/products?limit=20&sort=price&min_price=" .. r(100, 40000))
  elseif n <= 71 then return get("/v1/products?limit=20&q=" .. first[r(#first)] .. "+" .. second[r(#second)])
  elseif n <= 74 then return get("/v1/categories")
  elseif n <= 80 or #carts < 20 then return wrk.format("POST", "/v1/carts", plain, "{}")
  elseif n <= 92 then
    local cart = carts[r(#carts)]
    cart.lines = cart.lines + 1
    return wrk.format("POST", "/v1/carts/" .. cart.id .. "/items", secret(cart), string.format('{"sku":"SKU-%%d","quantity":1}', r(10000)))
  elseif n <= 96 then
    local cart = carts[r(#carts)]
    return wrk.format("GET", "/v1/carts/" .. cart.id, secret(cart))
  end
  local index = r(#carts)
  local cart = carts[index]
  if cart.lines == 0 then return get("/v1/products?limit=20") end
  table.remove(carts, index)
  sent = sent + 1
  local headers = secret(cart)
  headers["Idempotency-Key"] = "bench-order-" .. token .. "-" .. sent
  return wrk.format("POST", "/v1/orders", headers, '{"cart_id":"' .. cart.id .. '",%s}')
end
function response(status, headers, body)
  if status ~= 201 then return end
  local id, secret = body:match('^{"id":"([^"]+)".-"token":"([^"]+)"')
  if id and #carts < 2000 then carts[#carts + 1] = {id = id, token = secret, lines = 0} end
end
""" % (",".join(f'"{word}"' for word in FIRST), ",".join(f'"{word}"' for word in SECOND), BUYER)


def post(path, body):
    """POSTs of a body."""
    return f"wrk.method = 'POST'\nwrk.body = '{body}'\nrequest = function() return wrk.format(nil, '{path}') end\n"
