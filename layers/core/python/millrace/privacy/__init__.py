"""Privacy: sealing, opening, tokens and subjects. The keys live behind `Vault` and `Subjects`."""

from millrace.privacy.ports import Randomness, SubjectReader, Subjects, Vault
from millrace.privacy.sealing import BranchKey, open_sealed, seal
from millrace.privacy.subjects import Subject, SubjectKey
from millrace.privacy.tokens import LookupKey

__all__ = [
    "BranchKey",
    "LookupKey",
    "Randomness",
    "Subject",
    "SubjectKey",
    "SubjectReader",
    "Subjects",
    "Vault",
    "open_sealed",
    "seal",
]
