"""Two identifiers are not the same person, whatever events have said or will say."""

from millrace.events.operation import OperationDefinition
from millrace.events.vocabulary.operations import Pair, both

BLOCK = OperationDefinition(
    name="identity.block",
    says="two identifiers (a, b) are not the same person: what ties them is cut and stays cut",
    properties=Pair,
    concerns=both,
)
