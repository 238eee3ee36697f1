"""The events that Millrace knows: one file each, named after its event, found by discovery."""
