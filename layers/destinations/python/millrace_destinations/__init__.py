"""Destinations that receive from us, found by discovery: one file each."""
