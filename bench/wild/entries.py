"""Reads the entries of the corpus: one folder for each real bug, with an app and what to say about it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.core.errors import UserError
from harness.core.names import nearest

CORPUS = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Variant:
    """The faulty or the clean form of an entry."""

    pins: tuple[str, ...]
    """All that is installed, as ``name==version``."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables of the app's process, where the forms differ in use and not in version."""
    patch: str = "early"
    """When the server's library patches the standard library."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One real bug."""

    name: str
    folder: Path
    bug: str
    source: str
    """Where it is told of."""
    mechanism: str
    python: str
    """The version that its packages need, as in ``3.11``."""
    server: str
    """Ours under which it shows; empty for an app that serves itself, by ``python app.py PORT``."""
    requests: tuple[str, ...]
    """What a user of the app would send, as ``--request`` takes it."""
    equals: tuple[str, ...]
    """For each of them the template of a text that its own answer has: what a plain load test would check."""
    faulty: Variant
    clean: Variant
    allow: tuple[str, ...] = ()
    watch: str = ""
    """The log file that the app writes in its working directory, where its answers show nothing."""

    @property
    def variants(self) -> Mapping[str, Variant]:
        """Return both forms by their names."""
        return {"faulty": self.faulty, "clean": self.clean}


def entries(names: tuple[str, ...] = ()) -> tuple[Entry, ...]:
    """Return the entries of these names, by default all. Raises UserError for a name that there is not."""
    known = sorted(path.parent.name for path in CORPUS.glob("*/entry.toml"))
    for name in names:
        if name not in known:
            raise UserError(f"the corpus has no entry {name!r}{nearest(name, known)}")
    return tuple(read(CORPUS / name) for name in known if not names or name in names)


def read(folder: Path) -> Entry:
    """Return the entry of a folder. Raises UserError for one that is not complete, or says too much."""
    file = folder / "entry.toml"
    try:
        said = tomllib.loads(file.read_text("utf-8"))
        return Entry(
            name=folder.name,
            folder=folder,
            requests=tuple(said.pop("requests")),
            equals=tuple(said.pop("equals")),
            allow=tuple(said.pop("allow", ())),
            faulty=_variant(said.pop("faulty")),
            clean=_variant(said.pop("clean")),
            **said,
        )
    except (KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{file}: {error}") from error


def _variant(said: dict[str, Any]) -> Variant:
    return Variant(pins=tuple(said.pop("pins")), **said)
