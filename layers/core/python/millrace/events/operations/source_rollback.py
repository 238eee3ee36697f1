"""What one source has written to a person's traits since a moment does not count."""

from millrace.events.operation import OperationDefinition
from millrace.events.vocabulary.rollbacks import SourceRollback, concerned

SOURCE_ROLLBACK = OperationDefinition(
    name="source.rollback",
    says="what `source` has said of any trait of `identifier` from `since` on does not count",
    properties=SourceRollback,
    concerns=concerned,
)
