"""A sound Django app: notes in SQLite through the ORM, sessions, middleware that hands on by the request.

Its twin's middleware keeps the user of the request on itself, of which there is one for all requests.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django  # type: ignore[import-untyped]
from django.conf import settings  # type: ignore[import-untyped]

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    SECRET_KEY="a key that is long enough to sign with",
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(Path.cwd() / "notes.sqlite3"),
            "OPTIONS": {"timeout": 20, "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF"},
        }
    },
    CACHES={
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {
                "MAX_ENTRIES": 1_000_000
            },  # the usual 300 would end the sessions of people who are there
        }
    },
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", f"{__name__}.Author"],
)
django.setup()

from django.core.handlers.asgi import ASGIHandler  # type: ignore[import-untyped]  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # type: ignore[import-untyped]  # noqa: E402
from django.db import connection, models  # type: ignore[import-untyped]  # noqa: E402
from django.http import HttpRequest, JsonResponse  # type: ignore[import-untyped]  # noqa: E402
from django.urls import path  # type: ignore[import-untyped]  # noqa: E402


class Note(models.Model):  # type: ignore[misc]
    author = models.CharField(max_length=80, db_index=True)
    text = models.CharField(max_length=80)
    written = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "notes"


if not connection.introspection.table_names():
    with connection.schema_editor() as editor:
        editor.create_model(Note)
connection.close()


class Author:
    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        place: Any = self if os.environ.get("BROKEN") else request
        place.author = request.session.get("author")
        answer = self.get_response(request)
        answer["X-Author"] = place.author or "nobody"
        return answer


def login(request: HttpRequest) -> JsonResponse:
    request.session["author"] = request.POST["name"]
    request.session.cycle_key()
    return JsonResponse({"hello": request.POST["name"]}, status=201)


def write(request: HttpRequest) -> JsonResponse:
    note = Note.objects.create(author=request.session["author"], text=request.POST["text"])
    return JsonResponse({"id": note.pk, "written": note.written.isoformat()}, status=201)


def mine(request: HttpRequest) -> JsonResponse:
    author = request.session["author"]
    found = Note.objects.filter(author=author).order_by("-pk")
    return JsonResponse({"author": author, "latest": found[0].text, "total": found.count()})


urlpatterns = [path("login", login), path("write", write), path("mine", mine)]
wsgi = WSGIHandler()
asgi = ASGIHandler()
