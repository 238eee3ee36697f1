"""The only place that talks to AWS, to HTTP servers, to the clock and to randomness."""
