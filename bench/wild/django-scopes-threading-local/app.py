"""Events of many organizers, kept apart by django-scopes, in an async view."""

import asyncio

import django
from django.conf import settings

settings.configure(SECRET_KEY="secret", ALLOWED_HOSTS=["*"], ROOT_URLCONF="app", MIDDLEWARE=[])
django.setup()

from django.core.asgi import get_asgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django_scopes import get_scope, scope  # noqa: E402


async def events(request):
    with scope(organizer=request.GET["organizer"]):
        await asyncio.sleep(0.001)  # they are looked up
        return HttpResponse(f"events of {get_scope().get('organizer', 'nobody')}")


urlpatterns = [path("events", events)]
app = get_asgi_application()
