"""The only place that knows Lambda's event shapes and Powertools."""
