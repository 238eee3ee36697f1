"""Sources that send to us, found by discovery: one file each."""
