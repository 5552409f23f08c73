"""A store of documents whose every change django-auditlog notes, with whoever made it."""

import collections
import collections.abc
import tempfile
from pathlib import Path

for name in collections.abc.__all__:  # where Django 1.11 looks for them
    setattr(collections, name, getattr(collections.abc, name))

import django  # noqa: E402
from django.conf import settings  # noqa: E402

settings.configure(
    SECRET_KEY="secret",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="app",
    USE_I18N=False,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "auditlog", "app"],
    MIDDLEWARE_CLASSES=["app.Badge", "auditlog.middleware.AuditlogMiddleware"],
    MIGRATION_MODULES={"auth": None, "contenttypes": None, "auditlog": None},
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(Path(tempfile.mkdtemp()) / "documents.sqlite"),
            "OPTIONS": {"timeout": 30},
        }
    },
)
django.setup()

from auditlog.models import LogEntry  # noqa: E402
from auditlog.registry import auditlog  # noqa: E402
from django.conf.urls import url  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.db.backends.signals import connection_created  # noqa: E402
from django.http import JsonResponse  # noqa: E402


class Document(models.Model):
    title = models.CharField(max_length=100)

    class Meta:
        app_label = "app"


class Badge:
    """Says who asks."""

    def process_request(self, request):
        name = request.META["HTTP_X_USER"]
        request.user = User.objects.filter(username=name).first() or User.objects.create(username=name)


def write(request):
    document = Document.objects.create(title=request.GET["title"])
    noted = LogEntry.objects.filter(object_pk=str(document.pk)).select_related("actor").first()
    return JsonResponse({"title": document.title, "by": noted.actor.username if noted.actor else ""})


urlpatterns = [url(r"^documents$", write)]
auditlog.register(Document)
call_command("migrate", run_syncdb=True, verbosity=0)
with connection.schema_editor() as editor:
    editor.create_model(Document)
connection.cursor().execute("PRAGMA journal_mode=WAL")
connection.close()
# Writers wait for each other; with this they do not wait for the disk as well.
connection_created.connect(
    lambda connection, **_: connection.cursor().execute("PRAGMA synchronous=OFF"), weak=False
)
app = get_wsgi_application()
