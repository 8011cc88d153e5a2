"""The Lua scripts that make each operation on the store atomic and one round trip.

Keys: `cart:{owner}` is a hash of product id to quantity, `added:{owner}` one of product id to the JSON of the product
as the shopper last put it in or changed its line, `checkout:{orderId}` a hash of the lines that were taken out for
an order, and `checkouts` a sorted set of the orders whose lines may still go back, by the deadline of the checkout
(microseconds of Unix time). `product_scripts` has the keys of products and sellers. The scripts compose names of keys,
so they need a server that holds all keys (a cluster does not).

A checkout has the fields `cart` (the key of the cart), `deadline`, `lines` (the cart as it was answered), `attempts`
(how many may still place the order), a field `attempt:{id}` for each of these, and once the order is known to exist
`confirmed`, which names the source: the `worker`, or the `event`, which may come after the worker.

A cart is answered as JSON: `[[quantity, product, id, added, prefix, lost], ...]`, where `product` is null and `id`
names it where it is not cached, and `added` may be null. `prefix` is -1 in a cart of one line, which needs none. `lost`
are the units of a guest's cart that found no room in the merge; a product that found none has a quantity of 0.
An operation that was not done is answered by a word of `CartRefusal`.
"""

from __future__ import annotations

from enum import Enum

from services_stub.cart.domain import ACTIVE
from services_stub.cart.store.failed_orders import FORGET_LINES, RETURN_LINES
from services_stub.cart.store.guests import COUNTED
from services_stub.cart.store.product_scripts import CACHE_PRODUCT, STATUS, TOMBSTONE
from services_stub.cart.store.script import Script
from services_stub.contracts.http.cart import MOST_LINES, MOST_PER_LINE


class CartRefusal(Enum):
    """Why an operation was not done."""

    NOT_CACHED = b"not-cached"
    NOT_FOR_SALE = b"not-for-sale"
    TOO_MANY_LINES = b"too-many-lines"
    TOO_MANY_OF_ONE = b"too-many-of-one"
    NO_SUCH_LINE = b"no-such-line"
    CART_EMPTY = b"cart-empty"
    TOO_MANY_GUESTS = b"too-many-guests"


# The products of a cart as the shopper knows them lie beside it.
_ADDED = """
local function added_to(cart) return 'added:' .. string.sub(cart, 6) end
"""

# KEYS[1] is the cart.
_ANSWER = (
    _ADDED
    + """
local lost = {}
local function prefixes_of(products)
  local names = {}
  for i = 1, #products do
    names[i] = 'seller:' .. (products[i] and string.match(products[i], '^%[%d+,"%u+","[^"]*","([^"]*)"') or '')
  end
  return redis.call('MGET', unpack(names))
end
local function answer()
  local flat = redis.call('HGETALL', KEYS[1])
  for id in pairs(lost) do
    if redis.call('HEXISTS', KEYS[1], id) == 0 then
      flat[#flat + 1] = id
      flat[#flat + 1] = '0'
    end
  end
  if #flat == 0 then return '[]' end
  local names, lines = {}, {}
  for i = 1, #flat, 2 do names[#names + 1] = 'product:' .. flat[i] end
  local products = redis.call('MGET', unpack(names))
  local prefixes = #names > 1 and prefixes_of(products)
  local added, known = {}, redis.call('HGETALL', added_to(KEYS[1]))
  for i = 1, #known, 2 do added[known[i]] = known[i + 1] end
  for i = 1, #names do
    local id = flat[2 * i - 1]
    lines[i] = table.concat({
      flat[2 * i],
      products[i] or 'null',
      products[i] and '""' or cjson.encode(id),
      added[id] or 'null',
      prefixes and (prefixes[i] or '0') or '-1',
      lost[id] or '0',
    }, ',')
  end
  return '[[' .. table.concat(lines, '],[') .. ']]'
end
"""
)

# KEYS[1] is the cart; KEYS[2], where given, the guest's cart that is merged into it first.
_KEPT = (
    _ANSWER
    + COUNTED
    + """
local function keep(seconds)
  if seconds ~= '0' then
    ends_in(KEYS[1], seconds)
    redis.call('EXPIRE', KEYS[1], seconds)
    redis.call('EXPIRE', added_to(KEYS[1]), seconds)
  end
end
"""
)
_MERGED = """
if KEYS[2] then
  local guest = redis.call('HGETALL', KEYS[2])
  for i = 1, #guest, 2 do
    local before = redis.call('HGET', KEYS[1], guest[i])
    local room = before or redis.call('HLEN', KEYS[1]) < MOST_LINES
    local wanted = tonumber(before or '0') + tonumber(guest[i + 1])
    if not room then
      lost[guest[i]] = guest[i + 1]
    elseif wanted > MOST_PER_LINE then
      lost[guest[i]] = wanted - MOST_PER_LINE
    end
    if room then
      redis.call('HSET', KEYS[1], guest[i], math.min(wanted, MOST_PER_LINE))
      local added = redis.call('HGET', added_to(KEYS[2]), guest[i])
      if added then redis.call('HSETNX', added_to(KEYS[1]), guest[i], added) end
    end
  end
  redis.call('DEL', KEYS[2], added_to(KEYS[2]))
  count_lines(KEYS[2])
end
""".replace("MOST_LINES", str(MOST_LINES)).replace("MOST_PER_LINE", str(MOST_PER_LINE))

_CART = _KEPT + _MERGED

READ = Script(_CART + "return answer()")

# ARGV: product id, quantity, seconds to live, the most lines in guests' carts
ADD = Script(
    _KEPT
    + """
local product = redis.call('GET', 'product:' .. ARGV[1])
if not product then return 'not-cached' end
if string.match(product, 'STATUS') ~= 'ACTIVE' then return 'not-for-sale' end
""".replace("STATUS", STATUS).replace("ACTIVE", ACTIVE)
    + _MERGED
    + """
local before = redis.call('HGET', KEYS[1], ARGV[1])
if not before and redis.call('HLEN', KEYS[1]) >= MOST_LINES then return 'too-many-lines' end
local quantity = tonumber(before or '0') + tonumber(ARGV[2])
if quantity > MOST_PER_LINE then return 'too-many-of-one' end
if not before and not has_room(KEYS[1], ARGV[4]) then return 'too-many-guests' end
redis.call('HSET', KEYS[1], ARGV[1], quantity)
count_lines(KEYS[1])
redis.call('HSET', added_to(KEYS[1]), ARGV[1], product)
keep(ARGV[3])
return answer()
""".replace("MOST_LINES", str(MOST_LINES)).replace("MOST_PER_LINE", str(MOST_PER_LINE))
)

# ARGV: product id, quantity (not 0), seconds to live
CHANGE = Script(
    _CART
    + """
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 'no-such-line' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
local product = redis.call('GET', 'product:' .. ARGV[1])
if product then redis.call('HSET', added_to(KEYS[1]), ARGV[1], product) end
keep(ARGV[3])
return answer()
"""
)

# ARGV: product id
REMOVE = Script(
    _CART
    + """
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HDEL', added_to(KEYS[1]), ARGV[1])
count_lines(KEYS[1])
return answer()
"""
)

CLEAR = Script(_CART + "redis.call('DEL', KEYS[1], added_to(KEYS[1]))\ncount_lines(KEYS[1])\nreturn '[]'")

# KEYS: the cart, the checkout, the checkouts, the mark of a settled order. ARGV: order id, attempt id, deadline.
# Answers `[deadline, lines]`. A checkout that exists keeps its lines and its deadline, and never touches the cart.
TAKE = Script(
    _ANSWER
    + """
local kept = redis.call('HMGET', KEYS[2], 'deadline', 'lines')
if not kept[1] then
  if redis.call('EXISTS', KEYS[4]) == 1 then return 'cart-empty' end
  kept = {ARGV[3], answer()}
  if kept[2] == '[]' then return 'cart-empty' end
  redis.call('HSET', KEYS[2], 'cart', KEYS[1], 'deadline', kept[1], 'lines', kept[2])
  redis.call('ZADD', KEYS[3], kept[1], ARGV[1])
  redis.call('DEL', KEYS[1], added_to(KEYS[1]))
end
if redis.call('HSETNX', KEYS[2], 'attempt:' .. ARGV[2], 1) == 1 then redis.call('HINCRBY', KEYS[2], 'attempts', 1) end
return '[' .. kept[1] .. ',' .. kept[2] .. ']'
"""
)

# KEYS[1] is a checkout that is not confirmed, KEYS[2] the checkouts; ARGV[1] the order id. A line that the shopper has
# put in since grows, up to its limit; and where the cart is full by now, it stays as it is.
_GIVE_BACK = (
    _ADDED
    + """
local function give_back()
  local cart, lines = unpack(redis.call('HMGET', KEYS[1], 'cart', 'lines'))
  for _, line in ipairs(cjson.decode(lines)) do
    local known = line[2] ~= cjson.null
    local product_id = known and line[2][3] or line[3]
    local before = redis.call('HGET', cart, product_id)
    if before or redis.call('HLEN', cart) < MOST_LINES then
      redis.call('HSET', cart, product_id, math.min(tonumber(before or '0') + line[1], MOST_PER_LINE))
      if known then redis.call('HSETNX', added_to(cart), product_id, cjson.encode(line[2])) end
    end
  end
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
end
""".replace("MOST_LINES", str(MOST_LINES)).replace("MOST_PER_LINE", str(MOST_PER_LINE))
)

# KEYS: the checkout, the checkouts. ARGV: order id, attempt id.
# Answers 1 where that was the last attempt, so that the lines went back, else 0.
GIVE_BACK = Script(
    _GIVE_BACK
    + """
if redis.call('HDEL', KEYS[1], 'attempt:' .. ARGV[2]) == 0 then return 0 end
if redis.call('HINCRBY', KEYS[1], 'attempts', -1) > 0 then return 0 end
if redis.call('HEXISTS', KEYS[1], 'confirmed') == 1 then return 0 end
give_back()
return 1
"""
)

# KEYS: the checkout, the checkouts. ARGV: order id, the latest deadline that has passed for sure.
# Answers 1 where the lines went back, whatever attempts there were: none can place the order any more.
EXPIRE = Script(
    _GIVE_BACK
    + """
local deadline, confirmed = unpack(redis.call('HMGET', KEYS[1], 'deadline', 'confirmed'))
if not deadline or confirmed then
  redis.call('ZREM', KEYS[2], ARGV[1])
  return 0
end
if tonumber(deadline) > tonumber(ARGV[2]) then return 0 end
give_back()
return 1
"""
)

# KEYS: the cart, the checkout, the checkouts, the mark of a settled order. ARGV: order id, the source of the
# confirmation (`worker` or `event`), seconds to remember it, then product id and quantity of each line, alternating.
# Answers 1, or 0 where the same was said before. The lines of a checkout have left the cart already. An order that took
# none out was placed by an order service that does not take them: its lines leave the cart now, once.
CONFIRM = Script(
    _ADDED
    + """
if redis.call('EXISTS', KEYS[4]) == 1 then return 0 end
local before = redis.call('HGET', KEYS[2], 'confirmed')
if before == ARGV[2] or before == 'event' then return 0 end
local taken = redis.call('EXISTS', KEYS[2]) == 1
redis.call('ZREM', KEYS[3], ARGV[1])
if not taken and ARGV[2] == 'worker' then return 0 end
redis.call('HSET', KEYS[2], 'confirmed', ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[3])
if taken then return 1 end
redis.call('HSET', KEYS[2], 'deadline', '0', 'lines', '[]')
for i = 4, #ARGV, 2 do
  if redis.call('HINCRBY', KEYS[1], ARGV[i], -tonumber(ARGV[i + 1])) <= 0 then
    redis.call('HDEL', KEYS[1], ARGV[i])
    redis.call('HDEL', added_to(KEYS[1]), ARGV[i])
  end
end
return 1
"""
)

# KEYS: the checkouts. ARGV: a time, how many. Answers the ids of the orders whose deadline is not after it, as JSON.
OVERDUE = Script(
    """
local order_ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
if #order_ids == 0 then return '[]' end
return cjson.encode(order_ids)
"""
)

_OF_CARTS = (READ, ADD, CHANGE, REMOVE, CLEAR)
_OF_CHECKOUTS = (TAKE, GIVE_BACK, EXPIRE, CONFIRM, OVERDUE, RETURN_LINES, FORGET_LINES)
SCRIPTS = (*_OF_CARTS, *_OF_CHECKOUTS, CACHE_PRODUCT, TOMBSTONE)
