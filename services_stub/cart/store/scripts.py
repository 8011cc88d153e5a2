"""The Lua scripts that make each operation on the store atomic and one round trip.

Keys: `cart:{owner}` is a hash of product id to quantity, `product:{id}` the JSON of a cached `Product`,
`ordered:{orderId}` says that an order's lines have left the cart. The scripts reach the products of a cart by names
that they compose, so they need a server that holds all keys (a cluster does not).

A cart is answered as JSON: `[[quantity, product], ...]`, or `[quantity, null, id]` where the product is not cached.
An operation that was not done is answered by a word of `CartRefusal`.
"""

from __future__ import annotations

import hashlib
from enum import Enum

from services_stub.cart.domain import ACTIVE, DELETED
from services_stub.contracts.http.cart import MOST_LINES, MOST_PER_LINE


class CartRefusal(Enum):
    """Why an operation was not done."""

    NOT_CACHED = b"not-cached"
    NOT_FOR_SALE = b"not-for-sale"
    TOO_MANY_LINES = b"too-many-lines"
    TOO_MANY_OF_ONE = b"too-many-of-one"
    NO_SUCH_LINE = b"no-such-line"
    NOT_TAKEN_OUT = b"not-taken-out"


class Script:
    """A script under the name that the server gives it, and its calls in the wire's form (RESP 2)."""

    def __init__(self, source: str) -> None:
        self.source = source.encode()
        name = hashlib.sha1(self.source, usedforsecurity=False).hexdigest()
        self._head = f"$7\r\nEVALSHA\r\n${len(name)}\r\n{name}\r\n"

    def call(self, keys: tuple[str, ...], *arguments: str) -> bytes:
        """The call, ready to be sent."""
        words = [f"*{3 + len(keys) + len(arguments)}\r\n{self._head}$1\r\n{len(keys)}\r\n"]
        for word in (*keys, *arguments):
            words.append(f"${len(word) if word.isascii() else len(word.encode())}\r\n{word}\r\n")
        return "".join(words).encode()


_STATUS = '^%[%d+,"(%u+)"'

# KEYS[1] is the cart; KEYS[2], where given, the guest's cart that is merged into it first.
_CART = """
local function answer()
  local flat = redis.call('HGETALL', KEYS[1])
  if #flat == 0 then return '[]' end
  local names, lines = {}, {}
  for i = 1, #flat, 2 do names[#names + 1] = 'product:' .. flat[i] end
  local products = redis.call('MGET', unpack(names))
  for i = 1, #names do
    if products[i] then
      lines[i] = '[' .. flat[2 * i] .. ',' .. products[i] .. ']'
    else
      lines[i] = '[' .. flat[2 * i] .. ',null,' .. cjson.encode(flat[2 * i - 1]) .. ']'
    end
  end
  return '[' .. table.concat(lines, ',') .. ']'
end
local function keep(seconds)
  if seconds ~= '0' then redis.call('EXPIRE', KEYS[1], seconds) end
end
if KEYS[2] then
  local guest = redis.call('HGETALL', KEYS[2])
  for i = 1, #guest, 2 do
    local before = redis.call('HGET', KEYS[1], guest[i])
    if before or redis.call('HLEN', KEYS[1]) < MOST_LINES then
      redis.call('HSET', KEYS[1], guest[i], math.min(tonumber(before or '0') + tonumber(guest[i + 1]), MOST_PER_LINE))
    end
  end
  redis.call('DEL', KEYS[2])
end
""".replace("MOST_LINES", str(MOST_LINES)).replace("MOST_PER_LINE", str(MOST_PER_LINE))

READ = Script(_CART + "return answer()")

# ARGV: an order's id. The cart is answered only once the lines of that order have left it.
READ_AFTER = Script(
    "if redis.call('EXISTS', 'ordered:' .. ARGV[1]) == 0 then return 'not-taken-out' end\n" + _CART + "return answer()"
)

# ARGV: product id, quantity, seconds to live
ADD = Script(
    _CART
    + """
local product = redis.call('GET', 'product:' .. ARGV[1])
if not product then return 'not-cached' end
if string.match(product, 'STATUS') ~= 'ACTIVE' then return 'not-for-sale' end
local before = redis.call('HGET', KEYS[1], ARGV[1])
if not before and redis.call('HLEN', KEYS[1]) >= MOST_LINES then return 'too-many-lines' end
local quantity = tonumber(before or '0') + tonumber(ARGV[2])
if quantity > MOST_PER_LINE then return 'too-many-of-one' end
redis.call('HSET', KEYS[1], ARGV[1], quantity)
keep(ARGV[3])
return answer()
""".replace("STATUS", _STATUS)
    .replace("ACTIVE", ACTIVE)
    .replace("MOST_LINES", str(MOST_LINES))
    .replace("MOST_PER_LINE", str(MOST_PER_LINE))
)

# ARGV: product id, quantity (not 0), seconds to live
CHANGE = Script(
    _CART
    + """
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 'no-such-line' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
keep(ARGV[3])
return answer()
"""
)

# ARGV: product id
REMOVE = Script(_CART + "redis.call('HDEL', KEYS[1], ARGV[1])\nreturn answer()")

CLEAR = Script(_CART + "redis.call('DEL', KEYS[1])\nreturn '[]'")

# KEYS: the cart, the order's mark. ARGV: who says it, seconds to keep the mark, then product id and quantity by turns.
# Answers 1, or 0 where the same source said it before. The order service asks for it and publishes an event about it:
# what the other source did already is not done again, and is no duplicate either.
ORDERED = Script(
    """
local before = redis.call('GET', KEYS[2])
if before == ARGV[1] or before == 'event' then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
if before then return 1 end
for i = 3, #ARGV, 2 do
  if redis.call('HINCRBY', KEYS[1], ARGV[i], -tonumber(ARGV[i + 1])) <= 0 then redis.call('HDEL', KEYS[1], ARGV[i]) end
end
return 1
"""
)

# KEYS: the product. ARGV: version, JSON, seconds to keep it (0: for ever). Answers 1, or 0 where a newer one is known.
CACHE_PRODUCT = Script(
    """
local before = redis.call('GET', KEYS[1])
if before then
  if string.match(before, 'STATUS') == 'DELETED' then return 0 end
  if tonumber(string.match(before, '^%[(%d+)')) >= tonumber(ARGV[1]) then return 0 end
end
if ARGV[3] == '0' then redis.call('SET', KEYS[1], ARGV[2]) else redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end
return 1
""".replace("STATUS", _STATUS).replace("DELETED", DELETED)
)

# KEYS: the product. ARGV: JSON of a tombstone, seconds to keep it. What was known (the name) stays readable in carts.
TOMBSTONE = Script(
    """
local before = redis.call('GET', KEYS[1])
local tombstone = ARGV[1]
if before then
  if string.match(before, 'STATUS') == 'DELETED' then return 0 end
  local known, last = cjson.decode(before), cjson.decode(tombstone)
  known[1], known[2] = math.max(known[1], last[1]), last[2]
  tombstone = cjson.encode(known)
end
redis.call('SET', KEYS[1], tombstone, 'EX', ARGV[2])
return 1
""".replace("STATUS", _STATUS).replace("DELETED", DELETED)
)

SCRIPTS = (READ, READ_AFTER, ADD, CHANGE, REMOVE, CLEAR, ORDERED, CACHE_PRODUCT, TOMBSTONE)
