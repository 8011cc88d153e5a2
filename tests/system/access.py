"""The roles that may use each route of every service. `anyone` needs no token, `internal` is closed outside."""

from __future__ import annotations

ANYONE = frozenset({"anyone"})
INTERNAL = frozenset({"internal"})
USER = frozenset({"user"})
SELLER = frozenset({"seller"})
ADMIN = frozenset({"admin"})
ANY_ROLE = frozenset({"user", "seller", "admin"})

ACCESS: dict[tuple[str, str, str], frozenset[str]] = {
    ("auth", "POST", "/api/auth/register"): ANYONE,
    ("auth", "POST", "/api/auth/login"): ANYONE,
    ("auth", "POST", "/api/auth/refresh"): ANYONE,
    ("auth", "POST", "/api/auth/logout"): ANYONE,
    ("auth", "GET", "/api/auth/me"): ANY_ROLE,
    ("auth", "GET", "/api/auth/keys"): ANYONE,
    ("auth", "GET", "/api/admin/users"): ADMIN,
    ("auth", "POST", "/api/admin/block-seller/{id}"): ADMIN,
    ("auth", "POST", "/api/admin/unblock-seller/{id}"): ADMIN,
    ("auth", "GET", "/internal/blocked-sellers"): INTERNAL,
    ("product", "GET", "/api/products"): ANYONE,
    ("product", "GET", "/api/products/{id}"): ANYONE,
    ("product", "GET", "/api/categories"): ANYONE,
    ("product", "POST", "/api/products"): SELLER,
    ("product", "PATCH", "/api/products/{id}"): SELLER,
    ("product", "DELETE", "/api/products/{id}"): SELLER,
    ("product", "GET", "/api/seller/products"): SELLER,
    ("product", "GET", "/api/admin/products"): ADMIN,
    ("product", "POST", "/api/admin/block-product/{id}"): ADMIN,
    ("product", "POST", "/api/admin/unblock-product/{id}"): ADMIN,
    ("product", "POST", "/internal/reservations"): INTERNAL,
    ("product", "DELETE", "/internal/reservations/{id}"): INTERNAL,
    ("cart", "GET", "/api/cart/public"): ANYONE,
    ("cart", "DELETE", "/api/cart/public"): ANYONE,
    ("cart", "POST", "/api/cart/public/add"): ANYONE,
    ("cart", "PUT", "/api/cart/public/items/{id}"): ANYONE,
    ("cart", "DELETE", "/api/cart/public/items/{id}"): ANYONE,
    ("cart", "POST", "/api/cart/merge"): USER,
    ("cart", "POST", "/internal/checkouts"): INTERNAL,
    ("cart", "DELETE", "/internal/checkouts/{id}/attempts/{id}"): INTERNAL,
    ("order", "POST", "/api/orders"): USER,
    ("order", "GET", "/api/orders"): USER,
    ("order", "GET", "/api/orders/{id}"): ANY_ROLE,
    ("order", "POST", "/api/orders/{id}/cancel"): USER,
    ("order", "GET", "/api/seller/orders"): SELLER,
    ("order", "POST", "/api/orders/{id}/ship"): SELLER,
    ("order", "POST", "/api/orders/{id}/deliver"): SELLER,
    ("order", "GET", "/api/admin/orders"): ADMIN,
    ("order", "POST", "/internal/orders/known"): INTERNAL,
    ("payment", "GET", "/api/payments/{id}"): USER | ADMIN,
    ("payment", "GET", "/api/payments"): USER,
    ("payment", "GET", "/api/admin/payments"): ADMIN,
    ("payment", "GET", "/api/payment-methods"): ANYONE,
    ("notification", "GET", "/api/notifications"): ANY_ROLE,
    ("notification", "POST", "/api/notifications/{id}/read"): ANY_ROLE,
    ("notification", "POST", "/api/notifications/read-all"): ANY_ROLE,
    ("notification", "GET", "/internal/mail"): INTERNAL,
    ("notification", "GET", "/internal/mail/{id}"): INTERNAL,
    ("gateway", "GET", "/"): ANYONE,
    ("gateway", "GET", "/openapi.json"): ANYONE,
    ("gateway", "GET", "/asyncapi.json"): ANYONE,
    ("gateway", "GET", "/schemas/{id}"): ANYONE,
    ("gateway", "GET", "/health/live"): ANYONE,
    ("gateway", "GET", "/health/ready"): ANYONE,
    ("gateway", "GET", "/api/stream"): ANY_ROLE,
    ("gateway", "GET", "/api/orders/{id}/overview"): ANY_ROLE,
}
