"""What is raised when a store of sessions cannot do its work: a clear outcome in the place of a hang."""

import re
from urllib.parse import urlsplit, urlunsplit

SECRET_ARGUMENT = re.compile(r"(?i)([?&](?:password|passwd|pwd)=)[^&]*")


class StoreUnavailable(Exception):
    """A store is down, slow, locked or asked for in vain; the text names the store and its URL without the password."""

    def __init__(self, store: str, url: str, why: str) -> None:
        self.why = why
        super().__init__(f"the session store {store} at {without_password(url)} {why}")


class SessionTooLarge(ValueError):
    """A session is larger than its store takes, and is not kept."""

    def __init__(self, store: str, size: int, most: int) -> None:
        super().__init__(
            f"a session of {size} bytes is too large for the store {store}, which takes {most}; "
            "keep less in it, or only a key to what is kept elsewhere"
        )


def without_password(url: str) -> str:
    """Return the URL as it can be shown to anybody."""
    parts = urlsplit(url)
    if parts.password is not None:
        user, _, host = parts.netloc.rpartition("@")
        url = urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}:***@{host}"))
    return SECRET_ARGUMENT.sub(r"\1***", url)
