"""A sound FastAPI app: bearer tokens checked by dependencies, async and sync views, a cache for each account.

Its twin's dependency, one object for all requests, remembers the account of the request on itself.
"""

import asyncio
import os
import time
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Response

app = FastAPI()
known: dict[str, float] = {}


class Account:
    """Who asks, by the bearer token."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    async def __call__(self, authorization: Annotated[str, Header()] = "") -> "Account":
        account = self if os.environ.get("BROKEN") else Account()
        account.name = authorization.removeprefix("Bearer ")
        await asyncio.sleep(0.001)  # the service that knows the tokens
        if not account.name:
            raise HTTPException(401)
        return account


Caller = Annotated[Any, Depends(Account())]


@app.get("/balance")
async def balance(caller: Caller) -> dict[str, Any]:
    return {"account": caller.name, "at": time.time(), "balance": len(caller.name) * 100}


@app.get("/statement")
def statement(caller: Caller, response: Response, month: str = "may") -> list[dict[str, str]]:
    response.headers["X-Cache"] = "HIT" if caller.name in known else "MISS"
    known.setdefault(caller.name, time.time())
    time.sleep(0.001)
    return [{"account": caller.name, "month": month, "line": str(n)} for n in range(3)]
