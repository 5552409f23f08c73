"""An API whose middleware notes, behind the endpoint, who was signed in there: as BaseHTTPMiddleware, or as ASGI."""

import asyncio
import os
from contextvars import ContextVar

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

SIGNED_IN = ContextVar("signed_in", default="nobody")


async def page(request):
    SIGNED_IN.set(request.headers["X-User"])
    await asyncio.sleep(0.001)  # it is looked up
    return PlainTextResponse("welcome")


class Noted(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers["X-Noted"] = SIGNED_IN.get()
        return response


class NotedAsgi:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def noting(message):
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-noted", SIGNED_IN.get().encode()))
            await send(message)

        await self.app(scope, receive, noting)


noted = NotedAsgi if os.environ.get("MIDDLEWARE") == "asgi" else Noted
app = Starlette(routes=[Route("/page", page)], middleware=[Middleware(noted)])
