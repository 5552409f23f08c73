"""A sound Starlette app: tenants found by middleware and handed on by the request's state, streamed answers, ETags.

Its twin hands the tenant on by a variable of the module.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

ambient = SimpleNamespace()


def state(request: Request) -> object:
    return ambient if os.environ.get("BROKEN") else request.state


class Tenants(BaseHTTPMiddleware):
    async def dispatch(
        self, request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        setattr(state(request), "tenant", request.headers.get("x-tenant", "nobody"))  # noqa: B010
        await asyncio.sleep(0.001)  # the table of tenants
        return await call_next(request)


async def pictures(request: Request) -> Response:
    tenant = getattr(state(request), "tenant")  # noqa: B009

    async def lines() -> AsyncIterator[str]:
        for n in range(3):
            yield f"{n}: /{tenant}/picture-{n}.png\n"
            await asyncio.sleep(0)

    return StreamingResponse(lines(), media_type="text/plain")


async def cover(request: Request) -> Response:
    text = f"the cover of {getattr(state(request), 'tenant')}"  # noqa: B009
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    return PlainTextResponse(text, headers={"ETag": tag, "Cache-Control": "private, max-age=60"})


app = Starlette(
    routes=[Route("/pictures", pictures), Route("/cover", cover)], middleware=[Middleware(Tenants)]
)
