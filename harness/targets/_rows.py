"""Makes the subject of a row that keeps its values by means of its own, without a Local of ours."""

from typing import NoReturn

from harness.core.errors import UserError
from localimpl import Promise, Subject


def row(
    name: str,
    summary: str,
    promise: Promise,
    *,
    module: str,
    requires: str = "frameworks",
    source: str = "",
) -> Subject:
    """Return the subject of the target of the same name; ``summary`` says how it keeps requests apart."""

    def make() -> NoReturn:
        raise UserError(
            f"{name} keeps its values by means of its own and has no Local to mount another target over; "
            f"choose it as a target: --target {name}"
        )

    return Subject(
        name=name,
        summary=summary,
        make=make,
        make_stack=make,
        promise=promise,
        source=source,
        requires=requires,
        module=module,
    )
