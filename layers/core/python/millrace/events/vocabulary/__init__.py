"""Properties that several events of one vocabulary share."""
