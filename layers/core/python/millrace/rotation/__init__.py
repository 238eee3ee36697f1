"""Rotation: keys are replaced, and what they sealed is sealed anew, without anybody noticing."""

from millrace.rotation.answering import Rotation, answer
from millrace.rotation.model import Part, Rules, SealedItem, Sweep, Tally

__all__ = ["Part", "Rotation", "Rules", "SealedItem", "Sweep", "Tally", "answer"]
