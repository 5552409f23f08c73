"""Makes the rows that put a session store to the test: the mini-framework over ContextVars, with its sessions there."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from harness.core.ports import Target
from harness.core.scenario import Means
from harness.targets.mini import MountedApp
from localimpl import Promise, Subject, Unit, contextvar

EVERY_UNIT = frozenset(Unit)


def target(store: str, summary: str, *, module: str = "") -> Target:
    """Return the target ``mini_<store>``; ``module`` is what the extra ``stores`` must have brought."""
    return Target(
        f"mini_{store}",
        summary,
        partial(MountedApp, store=store),
        about=frozenset({Means.SESSION}),
        requires="stores" if module else "",
        module=module,
    )


def subject(
    store: str,
    summary: str,
    *,
    exempt: Mapping[tuple[Unit, str], str] | None = None,
    keeps_updates: bool = False,
    module: str = "",
    source: str = "",
) -> Subject:
    """Return what a store's row promises: its Local keeps everything apart, so what mixes is the store's doing."""
    return replace(
        contextvar.SUBJECT,
        name=f"mini_{store}",
        summary=summary,
        promise=Promise(EVERY_UNIT, exempt=exempt or {}, keeps_updates=keeps_updates),
        requires="stores" if module else "",
        module=module,
        source=source,
    )
