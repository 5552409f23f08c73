"""A greeting in the language that is asked for, else in English; the language is set for every request, or not."""

import os

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="secret",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="app",
    USE_I18N=True,
    LANGUAGE_CODE="en",
    MIDDLEWARE=[],
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils.translation import activate, gettext  # noqa: E402


def hello(request):
    if "lang" in request.GET or os.environ.get("ACTIVATED") == "always":
        activate(request.GET.get("lang", "en"))
    return HttpResponse(f"{request.GET['user']}: {gettext('Yes')}, {gettext('No')}, {gettext('Monday')}")


urlpatterns = [path("hello", hello)]
app = get_wsgi_application()
