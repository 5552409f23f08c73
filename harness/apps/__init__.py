"""Points the harness at somebody's own app: what to send, how to press, and how a mix-up is told from outside."""
