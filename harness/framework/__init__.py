"""The mini-framework: Flask's request lifecycle over any Local, spoken as WSGI and as ASGI."""

from harness.framework.app import App
from harness.framework.wrappers import Request, Response

__all__ = ["App", "Request", "Response"]
