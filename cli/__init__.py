"""The operator's command line, the same against AWS and against a local engine."""
