"""HTTP of every service: access is declared, bodies are decoded strictly, and every refusal is a problem document."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from services_stub.contracts.base import LONGEST_ID
from services_stub.contracts.decoding import decode_body as decode_strictly
from services_stub.contracts.decoding import parameters_of, wrong_parameters
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import from_http
from services_stub.contracts.problem import FieldError, in_words, problem
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.problems import as_response, problem_response
from services_stub.runtime.settings import INTERNAL_TOKEN
from services_stub.runtime.tokens import Caller

LARGEST_BODY = 256 * 1024
REFUSED = ResponseSpec(None, generate_examples=False, description="Refused, with the reason")
"""Of a status by which a route refuses beside those that every route has: `responses={404: REFUSED}`."""

PathId = Annotated[str, Parameter(min_length=1, max_length=LONGEST_ID)]
"""An `Id` of the contracts in a path; Litestar does not read the bounds of msgspec there."""

ROLES = frozenset({"user", "seller", "admin"})
ANYONE = "anyone"
INTERNAL = "internal"


def allow(*roles: str) -> dict[str, Any]:
    """Options of a route that callers with one of `roles` may call: `@get(path, **allow("user"))`."""
    if not roles or not ROLES.issuperset(roles):
        raise ValueError(f"roles are {', '.join(sorted(ROLES))}")
    return {"opt": {"access": frozenset(roles)}, "security": [{"bearer": sorted(roles)}]}


def allow_anyone() -> dict[str, Any]:
    """Options of a route that needs no token; a token that is sent must be valid all the same."""
    return {"opt": {"access": frozenset({ANYONE})}, "security": [{}, {"bearer": []}]}


def allow_internal() -> dict[str, Any]:
    """Options of a route that only other services may call."""
    return {"opt": {"access": frozenset({INTERNAL})}}


def access_of(handler: BaseRouteHandler) -> frozenset[str]:
    """The access of a route: roles, `anyone`, or `internal`."""
    access: frozenset[str] = handler.opt["access"]
    return access


class JsonRequest(Request[Caller | None, Any, State]):
    """A request whose JSON body is decoded straight into the type of the handler's `data`."""

    async def json(self) -> Any:
        """Decode the body strictly: no coercion, unknown fields refused, amounts exact."""
        check_media_type(self.headers.get("content-type", ""))
        annotation = self.route_handler.parsed_fn_signature.parameters["data"].annotation
        return decode_body(await self.body(), annotation)


def check_media_type(content_type: str) -> None:
    """Let JSON pass; a web page of another site can send a body of any other type without being asked for leave.

    Raises:
        Refused: the body is said to be something else, or nothing.
    """
    if content_type.partition(";")[0].strip().lower() != "application/json":
        message = "send the body as `Content-Type: application/json`"
        raise Refused(
            415, "unsupported-media-type", message, errors=[FieldError(field="Content-Type", message=message)]
        )


def decode_body(body: bytes, annotation: Any) -> Any:
    """Decode a JSON body strictly.

    Raises:
        Refused: it is none, or not of this type; names the field.
    """
    try:
        return decode_strictly(body, annotation)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise invalid_body(str(error)) from error


class JsonResponse(Response[Any]):
    """JSON as this project writes it."""

    def render(self, content: Any, media_type: str, enc_hook: Any = None) -> bytes:  # noqa: ARG002 - the base's
        """Encode the content; bytes are JSON already."""
        return content if isinstance(content, bytes) else encode_json(content)


def invalid_body(message: str) -> Refused:
    """The refusal of a body, naming the field that msgspec's message names."""
    text, _, path = message.partition(" - at `$")
    field = path.rstrip("`").lstrip(".")
    if not field and text.startswith(("`", "Object ")):
        field = text.split("`")[1]
    errors = [FieldError(field=field or "body", message=text)]
    return Refused(400, "invalid-input", f"`{errors[0].field}`: {text}", errors=errors)


def with_head(methods: Iterable[str]) -> str:
    """The methods for the header Allow: with HEAD, which the server answers for every GET."""
    return ", ".join(sorted({*methods, *(["HEAD"] if "GET" in methods else [])}))


async def authorize(context: Context, handler: BaseRouteHandler, headers: Mapping[str, str]) -> Caller | None:
    """The caller, checked against the route's access; None without a token where anyone may, and for other services.

    Raises:
        Refused: the caller may not call this route.
        Unavailable: the token cannot be verified now.
    """
    access = access_of(handler)
    if INTERNAL in access:
        token = headers.get(INTERNAL_TOKEN, "")
        if not hmac.compare_digest(token.encode(), context.settings.internal_token.encode()):
            raise Refused(404, "not-found", "there is no such path")
        return None
    authorization = headers.get("authorization", "")
    if not authorization and ANYONE in access:
        return None
    caller = await context.verifier.caller(authorization)
    if ANYONE not in access and caller.role not in access:
        raise Refused(403, "not-allowed", f"this is for {', '.join(sorted(access))}, not for {caller.role}")
    return caller


class RequestScope:
    """Admits or refuses each request, and provides the arguments that its handler names, once it is bound.

    Litestar runs dependencies of one level in a task group, which costs more than all else of a request. So they form
    a chain, one a level, and the caller is taken from the request, where `authorize` has put it.
    """

    def __init__(self) -> None:
        self._context: Context | None = None

    def bind(self, context: Context) -> None:
        """Serve requests with the parts of a running service."""
        self._context = context

    async def authorize(self, request: Request[Any, Any, State]) -> None:
        """Check the caller and the query. No guard: for each guard Litestar copies the handler."""
        request.scope["user"] = await authorize(self.context(), request.route_handler, request.headers)
        if request.scope["query_string"]:
            kinds, sent = parameters_of(request.route_handler.fn), request.query_params.multi_items()
            if errors := list(wrong_parameters(kinds, sent)):
                raise Refused(400, "invalid-input", in_words(errors), errors=errors)

    def dependencies(self) -> dict[str, Provide]:
        """The arguments that a handler may name."""
        return {
            "context": Provide(self.context, sync_to_thread=False),
            "visitor": Provide(self.visitor, sync_to_thread=False),
            "caller": Provide(self.caller, sync_to_thread=False),
            "cause": Provide(self.cause, sync_to_thread=False),
        }

    def context(self) -> Context:
        """The parts of the service."""
        if self._context is None:
            raise LookupError("this application only describes itself")
        return self._context

    @staticmethod
    def visitor(request: Any, context: Any) -> Any:  # noqa: ARG004 - the chain
        """The caller, or None without a token where anyone may."""
        return request.scope.get("user")

    @staticmethod
    def caller(visitor: Any) -> Any:
        """The caller."""
        return visitor

    @staticmethod
    def cause(request: Any, caller: Any) -> Any:  # noqa: ARG004 - the chain
        """The cause of all that the request changes."""
        return from_http(request.headers, request_id=new_id())


def on_error(_request: Request[Any, Any, State], error: Exception) -> Response[bytes]:
    """The response to a request that a handler failed."""
    return as_response(error)


def on_http(_request: Request[Any, Any, State], error: HTTPException) -> Response[bytes]:
    """The response to a request that Litestar refuses: in words and in a document of this project."""
    errors = [_field_error(item) for item in error.extra or [] if isinstance(item, dict)]
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    detail = in_words(errors) if errors else error.detail
    if error.status_code >= 500:
        return as_response(error)
    if error.status_code == HTTPStatus.NOT_FOUND:
        detail = "there is no such path"
    response = problem_response(problem(error.status_code, "invalid-input" if errors else code, detail, errors=errors))
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = with_head((error.headers or {})["allow"].split(", "))
    return response


def _field_error(item: dict[str, Any]) -> FieldError:
    field = str(item.get("key", ""))
    if field == "data":
        return FieldError(field="body", message="a JSON body is required")
    # Litestar names the parameter of the function; on the wire names are camelCase.
    first, *others = field.split("_")
    return FieldError(field=first + "".join(map(str.capitalize, others)), message=str(item.get("message", "")))
