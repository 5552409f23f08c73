"""What ``locust -f scenarios/`` runs: users that flood the servers under test with these scenarios."""

from harness.locust_users.listeners import register
from harness.locust_users.users import ContextUser

__all__ = ["ContextUser"]

register()
