"""The routes that change many products at once."""

from __future__ import annotations

import re
from typing import Annotated

from litestar import post
from litestar.params import Parameter

from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.bulk import BulkChange, ChangePrices, TakeInStock
from services_stub.contracts.problem import FieldError
from services_stub.product.handlers import bulk
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused
from services_stub.runtime.http import REFUSED, allow
from services_stub.runtime.tokens import Caller

_KEY_HEADER = "Idempotency-Key"
_A_KEY = re.compile(r"[\x21-\x7e]{1,128}")
Key = Annotated[
    str,
    Parameter(
        header=_KEY_HEADER,
        schema_extra={"pattern": "^[!-~]{1,128}$"},
        description="Chosen by the client: the same key takes the same goods in once. "
        "Required unless it is a dry run; 1 to 128 visible ASCII characters.",
    ),
]


@post(
    "/api/products/bulk/prices",
    status_code=200,
    summary="Change the prices of own products",
    responses={409: REFUSED},
    **allow("seller"),
)
async def change_prices(context: Context, caller: Caller, cause: Cause, data: ChangePrices) -> BulkChange:
    """All lines or none; a dry run answers the same and changes nothing.

    Sending it again sets the same prices again, and changes nothing where they are those already. A line with the
    `version` of its product is refused once the product has changed.
    """
    return await context.write(bulk.change_prices, bulk.ChangeAllPrices(caller.user_id, data), cause)


@post(
    "/api/products/bulk/stock",
    status_code=200,
    summary="Take in stock of own products",
    responses={409: REFUSED, 422: REFUSED},
    **allow("seller"),
)
async def take_in_stock(
    context: Context, caller: Caller, cause: Cause, data: TakeInStock, idempotency_key: Key = ""
) -> BulkChange:
    """Add units to the stock: all lines or none; a dry run answers the same and changes nothing.

    The units are added once for each `Idempotency-Key`: sent again with the same key and body, it answers what it
    answered the first time. Keys are kept for seven days.
    """
    if (idempotency_key or not data.dry_run) and not _A_KEY.fullmatch(idempotency_key):
        message = "1 to 128 visible ASCII characters, so that goods which arrive once are not taken in twice"
        errors = [FieldError(field=_KEY_HEADER, message=message)]
        raise Refused(400, "invalid-input", f"`{_KEY_HEADER}`: {message}", errors=errors)
    return await context.write(bulk.take_in_stock, bulk.TakeIn(caller.user_id, idempotency_key, data), cause)


ROUTES = [change_prices, take_in_stock]
