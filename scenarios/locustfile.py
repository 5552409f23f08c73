"""What ``locust -f scenarios/`` runs: users that flood the servers under test with these scenarios."""

from harness.locust_users import ContextUser, register

__all__ = ["ContextUser"]

register()
