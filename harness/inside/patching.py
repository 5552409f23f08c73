"""Lets a library make what waits in the standard library give way to greenlets instead.

Imports nothing that keeps unpatched names: it is there before anything is patched.
"""


def patch(library: str) -> None:
    """Patch with gevent or eventlet; with neither where no library is named."""
    if library == "gevent":
        from gevent import monkey

        monkey.patch_all()
    elif library == "eventlet":
        import warnings

        # It says of itself, at its import, that nobody should use it any more.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import eventlet
        eventlet.monkey_patch()


def never_patch(library: str) -> None:
    """Leave the standard library as it is, even where the server's worker would patch it by itself."""
    if library == "gevent":
        from gevent import monkey

        monkey.patch_all = lambda *_, **__: None
    elif library == "eventlet":
        import eventlet

        eventlet.monkey_patch = lambda *_, **__: None
