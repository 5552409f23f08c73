"""The pure heart: steps, history, evidence, verdicts and records; no thread, socket, clock or randomness lives here."""
