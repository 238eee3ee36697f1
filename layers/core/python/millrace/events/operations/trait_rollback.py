"""One trait becomes what it was: what was said of it since then does not count."""

from millrace.events.operation import OperationDefinition
from millrace.events.vocabulary.rollbacks import TraitRollback, concerned

TRAIT_ROLLBACK = OperationDefinition(
    name="trait.rollback",
    says="what was said of a `trait` of `identifier` after `to` does not count",
    properties=TraitRollback,
    concerns=concerned,
)
