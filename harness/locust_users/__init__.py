"""The door for locust: its users flood servers under test, and the harness judges what the servers recorded."""

from harness.locust_users.listeners import register
from harness.locust_users.users import ContextUser

__all__ = ["ContextUser", "register"]
