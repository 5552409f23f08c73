"""All sources of traffic are gathered in order, and having none is an error that says what to give."""

import json
from pathlib import Path

import pytest

from harness.apps.traffic_files import read_traffic
from harness.core.errors import UserError


def test_all_sources_are_gathered(tmp_path: Path) -> None:
    lines, api, har = tmp_path / "lines", tmp_path / "api.json", tmp_path / "shop.har"
    lines.write_text("GET /line/{token}\n")
    api.write_text(json.dumps({"paths": {"/api": {"get": {}, "delete": {}}}}))
    entry = {"request": {"method": "GET", "url": "http://a/har/alice", "headers": []}}
    har.write_text(json.dumps({"log": {"entries": [entry]}}))
    traffic = read_traffic(
        ["GET /said weight: 2"], [lines, lines], api, har, deletes=True, har_values={"alice": "{user}"}
    )
    assert [call.name for flow in traffic.flows for call in flow.calls] == [
        "GET /said", "GET /line/{token}", "GET /line/{token}", "GET /api", "DELETE /api", "GET /har/{user}",
    ]  # fmt: skip


def test_nothing_to_send_is_an_error() -> None:
    with pytest.raises(UserError, match=r"nothing to send: give --request 'GET /whoami"):
        read_traffic()
