"""What in an answer tells of the machine at work, not of the request: clocks, durations, threads, addresses, load.

Sent alone these may well stay the same (a fast app takes 0 ms each time, on the first thread of its pool), so that it
cannot be learnt from a few answers that they vary; they are known by their form and by the names they go by.
"""

import re

TICK = 2.0
"""A clock that shows seconds stands still while requests are sent in less time than this: it is masked then."""

_CLOCK = re.compile(
    r"\d{1,2}:\d\d:\d\d(?:[.,]\d+)?|(?<![\w.-])1[5-9]\d{8}(?:\d{3}|\d{6}|\d{9})?(?:\.\d+)?(?![\w-])"
)
_DURATION = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)?\s?(?:[mµun]?s|m?secs?|(?:milli|micro)?seconds?)\b")
_UNIT = re.compile(
    r"\b(?:(?:Dummy|Main)?Thread|ThreadPoolExecutor|Greenlet|Task|waitress|AnyIO worker thread)-?[\d_-]+(?:\s\(\w+\))?"
    r"|\b0x[0-9a-f]{6,}"
    r"|(?<!\d)1(?:39|40)\d{12}(?!\d)"  # glibc's thread idents are addresses below 0x7fff_ffff_ffff
    r"|\b(?:thread|greenlet|worker|pid|tid|port)\b[\"']?\s?[:=#]?\s?\d+",
    re.IGNORECASE,
)
_NAMES = re.compile(
    r"x?(?:"
    r"(?:total|server|request|response|process|render|query|db|sql|exec|execution)?"
    r"(?:elapsed|took|duration|latency|runtime|timing)(?:time)?(?:n?s|ms|us|secs?|seconds|millis)?"
    r"|(?:server|request|response|process(?:ing)?|render|query|exec|execution|elapsed)time(?:n?s|ms|us|secs?|seconds|millis)?"
    r"|timetaken|uptime(?:seconds)?|ms"
    r"|(?:current|native|server|os|worker)?(?:thread|greenlet|worker|pid|tid|ident)(?:id|name|ident|number|pid)?"
    r"|process(?:id|pid)|(?:client|remote|peer|server)?port"
    r"|(?:requests)?inflight(?:requests)?|concurrency|concurrent(?:requests)?|load(?:avg|average)?|queue(?:length|size|depth)"
    r"|active(?:requests|connections|users|clients|visitors|sessions|threads)|online(?:users|visitors|clients)|usersonline"
    r")"
)
_JOINT = re.compile(r"[\W_]+")
_LAST_STEP = re.compile(r"[^.\s]*$")


def without_units(text: str) -> str:
    """Return a text with durations, names of threads and addresses masked."""
    return _UNIT.sub("⟨unit⟩", _DURATION.sub("⟨duration⟩", text))


def without_clocks(text: str) -> str:
    """Return a text with what clocks show masked as well."""
    return without_units(_CLOCK.sub("⟨clock⟩", text))


def has_clock(text: str) -> bool:
    """Tell whether a text has what a clock with seconds may show."""
    return _CLOCK.search(text) is not None


def named_so(place: str) -> bool:
    """Tell whether a header or a value in JSON goes by the name of something that depends on the machine's work."""
    last = _LAST_STEP.search(place)
    return last is not None and _NAMES.fullmatch(_JOINT.sub("", last[0].lower())) is not None
