"""The number of lines in guests' carts, and its bound: anyone can begin such carts, and most are never emptied.

Keys: `guests:lines` is a hash of the key of a guest's cart to its number of lines, `guests:total` their sum, and
`guests:ends` a sorted set of these carts by the second after which the store has dropped them. A cart that the store
dropped is counted until a guest puts something in: then some of those that have ended are forgotten.
"""

from __future__ import annotations

MOST_GUEST_LINES = 200_000
"""About 100 MiB of the store: carts of users, which cost an account, always find room beside them."""

_FORGOTTEN_AT_ONCE = 20

COUNTED = """
local function is_guest(cart) return string.sub(cart, 1, 11) == 'cart:guest:' end
local function count_lines(cart)
  if not is_guest(cart) then return end
  local before, now = tonumber(redis.call('HGET', 'guests:lines', cart) or '0'), redis.call('HLEN', cart)
  if now == before then return end
  redis.call('INCRBY', 'guests:total', now - before)
  if now > 0 then
    redis.call('HSET', 'guests:lines', cart, now)
  else
    redis.call('HDEL', 'guests:lines', cart)
    redis.call('ZREM', 'guests:ends', cart)
  end
end
local function ends_in(cart, seconds)
  redis.call('ZADD', 'guests:ends', redis.call('TIME')[1] + seconds + 1, cart)
end
local function has_room(cart, most)
  if not is_guest(cart) then return true end
  local now = redis.call('TIME')[1]
  for _, ended in ipairs(redis.call('ZRANGEBYSCORE', 'guests:ends', '-inf', now, 'LIMIT', 0, AT_ONCE)) do
    count_lines(ended)
  end
  return tonumber(redis.call('GET', 'guests:total') or '0') < tonumber(most)
end
""".replace("AT_ONCE", str(_FORGOTTEN_AT_ONCE))
"""Functions in Lua: `count_lines` after a change of a cart, `ends_in` with its expiry, `has_room` before a new line."""
