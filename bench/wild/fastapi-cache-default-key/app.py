"""A profile that is kept for a second; the key it is kept under is the default, or has the user in it."""

import asyncio
import os

from fastapi import FastAPI, Request
from fastapi_cache import FastAPICache
from fastapi_cache.backends.inmemory import InMemoryBackend
from fastapi_cache.decorator import cache

app = FastAPI()
FastAPICache.init(InMemoryBackend())


def with_user(func, namespace="", *, request=None, response=None, args=(), kwargs=None):
    return f"{func.__name__}:{request.headers['Authorization']}"


@app.get("/profile")
@cache(expire=1, key_builder=with_user if os.environ.get("KEY") == "user" else None)
async def profile(request: Request):
    await asyncio.sleep(0.001)  # it is looked up
    return {"profile of": request.headers["Authorization"].removeprefix("Bearer ")}
