"""Millrace: customer events in, right profiles and personal e-mail out."""

from millrace import starting

starting.begin()
