"""Behaviour: what somebody looked at, put into a cart and bought, in bounded state."""
