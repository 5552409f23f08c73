"""Makes the rows of Flask-Session: Flask with its sessions on the server, under a random id, in one of its stores."""

from collections.abc import Callable, Mapping
from typing import Any

from harness.core.ports import Mounted, Target
from harness.core.scenario import Means, Scenario
from harness.targets._rows import row
from harness.targets.flask_app import MEANS
from localimpl import Promise, Subject, Unit

Configure = Callable[[Any], Mapping[str, Any]]
"""Returns the configuration of a Flask for one store; first the place is made in which it keeps its sessions."""


def target(store: str, summary: str, configure: Configure) -> Target:
    """Return the target ``flask_session_<store>``, whose row is about sessions."""

    def mount(subject: Subject, scenario: Scenario) -> Mounted:
        from harness.targets._flask import MountedFlask

        return MountedFlask(scenario, lambda app: extend(app, configure(app)))

    return Target(
        f"flask_session_{store}",
        summary,
        mount,
        means=MEANS | {Means.REVOCATION},
        speaks=frozenset({"wsgi"}),
        about=frozenset({Means.SESSION}),
        in_process=False,
        requires="frameworks",
        module="flask_session",
    )


UNITS = frozenset({Unit.THREAD, Unit.GREENLET})
REVIVED = (
    "Flask-Session writes a session back whole, whatever became of it meanwhile: a request under way when its session "
    "is cleared or regenerated brings it back to life (issues 71 and 193)"
)


def subject(store: str, summary: str) -> Subject:
    """Return the row's subject: nobody is shown another's session; of two saves at once the later stays."""
    return row(
        f"flask_session_{store}",
        summary,
        Promise(
            UNITS,
            exempt={
                (unit, name): REVIVED for unit in UNITS for name in ("session_logout", "session_rotation")
            },
        ),
        module="flask_session",
        source="flask_session.base.ServerSideSessionInterface",
    )


def extend(app: Any, configuration: Mapping[str, Any]) -> None:
    """Give a Flask the extension, and its sessions a ``rotate`` that says what Flask-Session has views say."""
    from flask_session import Session  # type: ignore[import-untyped]

    app.config.update(configuration)
    Session(app)
    interface = app.session_interface
    kind: Any = interface.session_class

    def rotate(session: Any) -> None:
        interface.regenerate(session)

    interface.session_class = type(kind.__name__, (kind,), {"rotate": rotate})
