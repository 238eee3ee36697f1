"""Millrace on a laptop: the synthesized template, the unmodified handlers, no account, no Docker."""
