"""Privacy: sealing, opening and tokens. The key hierarchy lives behind the `Vault` port."""

from millrace.privacy.ports import Randomness, Vault
from millrace.privacy.sealing import BranchKey, open_sealed, seal
from millrace.privacy.tokens import token

__all__ = ["BranchKey", "Randomness", "Vault", "open_sealed", "seal", "token"]
