"""The embedded default: the synthesized template, played on a laptop."""
