"""A sound Quart app: sessions in signed cookies, rooms of one's own, ``g`` across awaits, a counter with a lock.

Its twin has the room in an attribute of a class instead.
"""

import asyncio
import itertools
import os
from typing import Any

from quart import Quart, g, redirect, request, session
from werkzeug.wrappers import Response

app = Quart(__name__)
app.secret_key = "a key that is long enough to sign with"
visits = itertools.count(1)
lock = asyncio.Lock()


class Room:
    name = ""


@app.before_request
async def enter() -> None:
    place: Any = Room if os.environ.get("BROKEN") else g
    place.name = session.get("room", "lobby")
    await asyncio.sleep(0.001)  # the directory of rooms


@app.post("/enter")
async def choose() -> Response:
    session["room"] = (await request.form)["room"]
    return redirect("/room", 303)


@app.get("/room")
async def room() -> dict[str, Any]:
    place: Any = Room if os.environ.get("BROKEN") else g
    async with lock:
        visit = next(visits)
        await asyncio.sleep(0)
    return {"room": place.name, "visit": visit, "welcome": f"You are in {place.name}."}


@app.get("/lobby")
async def lobby() -> dict[str, str]:
    return {"room": "lobby"}
