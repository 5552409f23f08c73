"""The signals of the lifecycle; the sender is the App, and what is given with a request comes as keywords."""

from blinker import Namespace

_signals = Namespace()

request_started = _signals.signal("request-started", "A request's contexts are pushed, its hooks come next.")
request_finished = _signals.signal(
    "request-finished", "The response (``response``) is ready and its session saved."
)
got_request_exception = _signals.signal("got-request-exception", "Nobody handled an error (``exception``).")
request_tearing_down = _signals.signal(
    "request-tearing-down", "The request ends, with an error (``exc``) or None."
)
appcontext_pushed = _signals.signal("appcontext-pushed", "An application context is current from here.")
appcontext_popped = _signals.signal("appcontext-popped", "An application context is gone.")
