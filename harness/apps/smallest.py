"""Finds the smallest number of clients that shows a mix-up: a search that asks a trial, and knows nothing else."""

from collections.abc import Callable


def smallest(shows: Callable[[int], bool], known: int, budget: int) -> tuple[int, tuple[int, ...]]:
    """Return the smallest number of clients found to show a mix-up, and the numbers that were tried.

    ``known`` is a number that did. 1, 2, 4, 8, … are tried, at most ``budget`` of them, upwards, because few clients
    tell most and the first that shows it ends the search. No finer search is made: that a trial shows nothing proves
    nothing, so that a search between would only look exact.
    """
    tried: list[int] = []
    clients = 1
    while clients < known and len(tried) < budget:
        tried.append(clients)
        if shows(clients):
            return clients, tuple(tried)
        clients *= 2
    return known, tuple(tried)
