"""The pipeline's own handlers against every fault we can think of, in one process and one thread
at a time: the same seed gives the same run."""
