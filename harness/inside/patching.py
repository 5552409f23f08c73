"""Lets a library make what waits in the standard library give way to greenlets instead.

Imports nothing that keeps unpatched names: it is there before anything is patched.
"""

from typing import Any


def patch(library: str) -> None:
    """Patch with gevent or eventlet; with neither where no library is named."""
    if library == "gevent":
        from gevent import monkey

        monkey.patch_all()
    elif library == "eventlet":
        _eventlet().monkey_patch()


def never_patch(library: str) -> None:
    """Leave the standard library as it is, even where the server's worker would patch it by itself."""
    if library == "gevent":
        from gevent import monkey

        monkey.patch_all = lambda *_, **__: None
    elif library == "eventlet":
        _eventlet().monkey_patch = lambda *_, **__: None


def _eventlet() -> Any:
    import warnings

    # It says of itself, at its import, that nobody should use it any more.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import eventlet
    return eventlet
