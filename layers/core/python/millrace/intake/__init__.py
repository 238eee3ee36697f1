"""Intake: requests of the tracking API become sealed records in the stream, or kept failures."""
