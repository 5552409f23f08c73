"""Says on which package each part stands, in which version, and what each extra installs."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata, packages_distributions, version

from harness.catalog import entries
from harness.extras import OURS, installs, wanted

FOR_US = ("dev", "bench")
"""The extras for those who work on ctxstress itself."""
KINDS = ("server", "target", "local")
"""The kinds of parts that may stand on a package of others."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A part and what it stands on."""

    kind: str
    name: str
    package: str
    """With its version where it is installed; nothing for a part that stands on the standard library alone."""
    command: str
    """What installs it, where it is not."""


@dataclass(frozen=True, slots=True)
class Extra:
    """An extra and the packages that it installs."""

    name: str
    present: tuple[str, ...]
    """With their versions."""
    absent: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """The packages, installed or not."""
        return self.present + self.absent


def standings() -> Iterator[Standing]:
    """Yield each server, and of the other parts those that stand on a package of others."""
    for kind in KINDS:
        for entry in entries(kind):
            module = getattr(entry.part, "module", "")
            extra = getattr(entry.part, "requires", "")
            if module or extra or kind == "server":
                package = _package(module) if module else ""
                command = wanted(extra, module)[1] if entry.missing else ""
                yield Standing(kind, entry.name, package if command else _with_version(package), command)


def extras() -> list[Extra]:
    """Return all extras but our own; one that is all others together comes last and names those."""
    found = {}
    for name in metadata(OURS).get_all("Provides-Extra") or ():
        packages = sorted(each.name for each in installs(name))
        present = [each for each in packages if _version(each)]
        found[name] = Extra(
            name, tuple(map(_with_version, present)), tuple(each for each in packages if each not in present)
        )
    for name in FOR_US:
        found.pop(name, None)
    ranked = sorted(found.values(), key=lambda extra: len(extra.present) + len(extra.absent))
    if {each for extra in ranked[:-1] for each in extra.all}.issubset(ranked[-1].all):
        ranked[-1] = Extra(ranked[-1].name, ("all of these",), ())
    return ranked


def _package(module: str) -> str:
    """Return the package that a module comes with; where it is not installed, by the likeness of their names."""
    top = module.partition(".")[0]
    return (_distributions().get(top) or [top.replace("_", "-")])[0]


@cache
def _distributions() -> dict[str, list[str]]:
    return dict(packages_distributions())


def _with_version(package: str) -> str:
    return f"{package} {_version(package)}".strip()


def _version(package: str) -> str:
    try:
        return version(package) if package else ""
    except PackageNotFoundError:
        return ""
