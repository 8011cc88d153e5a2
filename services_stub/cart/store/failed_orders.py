"""The Lua scripts of the end of an order: its lines go back where it could not be paid, or are forgotten.

The key `settled:{orderId}` says that the lines never go back. It is all that is kept of an order for as long as its
event can come late: the lines of a week's orders would fill the store.
"""

from __future__ import annotations

from services_stub.cart.store.script import Script
from services_stub.contracts.http.cart import MOST_LINES

# KEYS: the checkout, the checkouts, the mark. ARGV: order id, seconds to remember it, then the ids of the products to
# give back. Answers 1, or 0 where the same was said before. A product that the shopper has put in since stays as it is,
# and where the cart is full by now, the rest stays out. An order whose checkout is not known took nothing out: should
# its event come later, nothing leaves the cart then, either.
RETURN_LINES = Script(
    """
if redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
local cart, lines, returned = unpack(redis.call('HMGET', KEYS[1], 'cart', 'lines', 'returned'))
if returned then return 0 end
redis.call('HSET', KEYS[1], 'confirmed', 'event', 'returned', '1')
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[1])
local unpaid = {}
for i = 3, #ARGV do unpaid[ARGV[i]] = true end
for _, line in ipairs(cart and cjson.decode(lines) or {}) do
  local known = line[2] ~= cjson.null
  local product_id = known and line[2][3] or line[3]
  if unpaid[product_id] and redis.call('HEXISTS', cart, product_id) == 0 and redis.call('HLEN', cart) < MOST_LINES then
    redis.call('HSET', cart, product_id, line[1])
    if known then redis.call('HSETNX', 'added:' .. string.sub(cart, 6), product_id, cjson.encode(line[2])) end
  end
end
return 1
""".replace("MOST_LINES", str(MOST_LINES))
)

# KEYS: the checkout, the checkouts, the mark. ARGV: order id, seconds to remember that, seconds to keep the lines:
# attempts that go on beside the one which placed the order get the same lines.
# Answers 1. An order that took nothing out is left alone: its event may still have to take its lines out.
FORGET_LINES = Script(
    """
if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('SET', KEYS[3], '', 'NX', 'EX', ARGV[2]) then
  redis.call('HSET', KEYS[1], 'confirmed', 'event')
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('EXPIRE', KEYS[1], ARGV[3])
end
return 1
"""
)
