"""What can be talked about: one module is one subject, `millrace <module> ...`; found by name."""
