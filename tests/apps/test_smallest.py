"""The search for the smallest number of clients, against trials whose outcome is known."""

import pytest

from harness.apps.smallest import smallest


@pytest.mark.parametrize(
    ("needed", "known", "budget", "found", "tried"),
    [
        (1, 16, 9, 1, (1,)),
        (2, 16, 9, 2, (1, 2)),
        (3, 16, 9, 4, (1, 2, 4)),
        (16, 16, 9, 16, (1, 2, 4, 8)),
        (12, 12, 9, 12, (1, 2, 4, 8)),
        (8, 32, 2, 32, (1, 2)),
        (1, 1, 9, 1, ()),
        (4, 16, 0, 16, ()),
    ],
)
def test_few_clients_are_tried_first(
    needed: int, known: int, budget: int, found: int, tried: tuple[int, ...]
) -> None:
    asked: list[int] = []

    def shows(clients: int) -> bool:
        asked.append(clients)
        return clients >= needed

    assert smallest(shows, known, budget) == (found, tried)
    assert tuple(asked) == tried
