"""The operations: one module is one of them, found by its name."""
