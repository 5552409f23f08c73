"""Reads all that a run was asked to send: sentences, files, an OpenAPI document and a recording."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.apps import spoken
from harness.apps.calls import Traffic
from harness.apps.har import read_har
from harness.apps.openapi import read_openapi
from harness.apps.request_files import read_file
from harness.core.errors import UserError


def read_traffic(
    requests: Sequence[str] = (),
    files: Sequence[Path] = (),
    openapi: Path | None = None,
    har: Path | None = None,
    *,
    deletes: bool = False,
    har_host: str = "",
    har_values: Mapping[str, str] | None = None,
    har_separate: bool = False,
) -> Traffic:
    """Return all flows of all sources, in that order. Raises UserError, also when there is nothing to send."""
    flows = [spoken.parse(sentence) for sentence in requests]
    for path in files:
        flows += read_file(path)
    if openapi is not None:
        flows += read_openapi(openapi, deletes=deletes)
    if har is not None:
        flows += read_har(har, host=har_host, values=har_values, separate=har_separate)
    if not flows:
        raise UserError(
            f"nothing to send: give --request '{spoken.EXAMPLE}' (or --requests-file, --openapi, --har), "
            "with {token} wherever the app takes a value that belongs to one request"
        )
    return Traffic(tuple(flows))
