"""The audit: what breaks the operator's own policy, found by looking at everything once."""

from millrace.audit.findings import ADVICE, Finding
from millrace.audit.people import People, audit_person
from millrace.audit.policy import Policy, audit_ledger, audit_policy, audit_terms

__all__ = [
    "ADVICE",
    "Finding",
    "People",
    "Policy",
    "audit_ledger",
    "audit_person",
    "audit_policy",
    "audit_terms",
]
