"""A form by Django REST framework whose validator remembers, as it had to before 3.11, for which form it works."""

import sqlite3

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="secret",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="app",
    USE_I18N=False,
    INSTALLED_APPS=["rest_framework"],
    MIDDLEWARE=[],
    REST_FRAMEWORK={"UNAUTHENTICATED_USER": None, "DEFAULT_AUTHENTICATION_CLASSES": []},
)
django.setup()

import rest_framework  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.decorators import api_view  # noqa: E402
from rest_framework.response import Response  # noqa: E402

with sqlite3.connect("quota.sqlite") as database:
    database.execute("CREATE TABLE IF NOT EXISTS quota (owner TEXT, used INTEGER)")


def used(owner):
    quota = sqlite3.connect("quota.sqlite")
    try:
        return quota.execute("SELECT count(*) FROM quota WHERE owner = ?", [owner]).fetchone()[0]
    finally:
        quota.close()


class WithinQuota:
    """Refuses more than ten, and says whose quota it is."""

    requires_context = True

    def set_context(self, field):
        self.field = field

    def __call__(self, value, field=None):
        if used("everybody") + value > 10:
            owner = (field or self.field).context["request"].META["HTTP_X_USER"]
            raise serializers.ValidationError(f"beyond the quota of {owner}")


class OrderSerializer(serializers.Serializer):
    amount = serializers.IntegerField(validators=[WithinQuota()])


@api_view(["POST"])
def order(request):
    form = OrderSerializer(data=request.data, context={"request": request})
    form.is_valid()
    return Response({"version": rest_framework.VERSION, "errors": form.errors})


urlpatterns = [path("orders", order)]
app = get_wsgi_application()
