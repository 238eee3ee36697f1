"""What each resource type of the template becomes: one maker per type."""

from local.resources.makers import Workshop

__all__ = ["Workshop"]
