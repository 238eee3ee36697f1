"""A block is taken back: the events that tie the two identifiers count again."""

from millrace.events.operation import OperationDefinition
from millrace.events.vocabulary.operations import Pair, both

ALLOW = OperationDefinition(
    name="identity.allow",
    says="takes a block of two identifiers (a, b) back: the events that tie them count again",
    properties=Pair,
    concerns=both,
)
