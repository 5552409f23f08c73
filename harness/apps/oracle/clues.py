"""What a judge of answers hands on: one clue for each cause that an exchange shows."""

from dataclasses import dataclass

from harness.apps.tokens import Token
from harness.core.app_record import Sign

Kind = tuple[Sign, str, str]
"""Sign, endpoint and place."""


@dataclass(frozen=True, slots=True)
class Clue:
    """One sign that an exchange was disturbed by another."""

    sign: Sign
    mark: str
    """The mark of the exchange, as in ``u3v17.0``."""
    endpoint: str
    """The name of its call, as in ``GET /orders/{token}``."""
    owner: Token | None
    """Whose value it is; for a shared cookie the cookie as it was given first; None where that cannot be told."""
    where: str
    """``status line``, ``header X-User``, ``cookie sid``, ``body``, or in JSON ``body .cart.owner``."""
    shown: str
    """The place, with some 40 characters around it; tokens are named, as in ``⟨token of u5v2⟩``."""
    expected: str
    """What stands there alone, volatile parts masked; empty where that says nothing."""
    firm: bool = False
    """Whether chance cannot explain it: what was found belongs to another. Else more may have to be learnt alone."""

    @property
    def kind(self) -> Kind:
        """Return what the clues of one cause share, by which they are counted and capped."""
        return self.sign, self.endpoint, self.where
