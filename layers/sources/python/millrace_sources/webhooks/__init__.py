"""Webhook sources, found by discovery: one file each, served at /v1/webhooks/<name>."""
