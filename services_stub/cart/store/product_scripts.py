"""The Lua scripts that keep the cart's copies of products, and how far it has heard of each seller's changes.

Keys: `product:{id}` is the JSON of a cached `Product`. `seller:{id}` is the prefix of a seller: all changes of the
seller up to that sequence number were heard of. `pending:{id}` is the sorted set of the numbers behind the first gap.
"""

from __future__ import annotations

from services_stub.cart.domain import DELETED
from services_stub.cart.store.script import Script

STATUS = '^%[%d+,"(%u+)"'

MOST_PENDING = 1_000
"""A change that so many later ones of its seller did not bring along was lost, and is waited for no longer."""

_ADVANCE = """
local function advance(seller, text)
  local sequence = tonumber(text)
  if sequence == 0 then return end
  local key, pending = 'seller:' .. seller, 'pending:' .. seller
  local prefix = tonumber(redis.call('GET', key) or '0')
  if sequence <= prefix then return end
  if sequence == prefix + 1 then
    prefix = sequence
  else
    redis.call('ZADD', pending, text, text)
    if redis.call('ZCARD', pending) <= MOST_PENDING then return end
    prefix = tonumber(redis.call('ZRANGE', pending, 0, 0)[1])
    redis.call('ZREM', pending, string.format('%.0f', prefix))
  end
  while redis.call('ZREM', pending, string.format('%.0f', prefix + 1)) == 1 do prefix = prefix + 1 end
  redis.call('SET', key, string.format('%.0f', prefix))
end
""".replace("MOST_PENDING", str(MOST_PENDING))

# KEYS: the product. ARGV: version, JSON, seconds to keep it (0: for ever), then of an event the seller and the
# sequence. Answers 1, or 0 where a newer one is known.
CACHE_PRODUCT = Script(
    _ADVANCE
    + """
if ARGV[5] then advance(ARGV[4], ARGV[5]) end
local before = redis.call('GET', KEYS[1])
if before then
  if string.match(before, 'STATUS') == 'DELETED' then return 0 end
  if tonumber(string.match(before, '^%[(%d+)')) >= tonumber(ARGV[1]) then return 0 end
end
if ARGV[3] == '0' then redis.call('SET', KEYS[1], ARGV[2]) else redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end
return 1
""".replace("STATUS", STATUS).replace("DELETED", DELETED)
)

# KEYS: the product. ARGV: JSON of a tombstone, seconds to keep it, seller and sequence of the event. Known fields (the
# name) stay readable in carts.
TOMBSTONE = Script(
    _ADVANCE
    + """
advance(ARGV[3], ARGV[4])
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
""".replace("STATUS", STATUS).replace("DELETED", DELETED)
)
