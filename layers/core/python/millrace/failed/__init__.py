"""Failed events: selected, counted, mended and put back into the stream once they are usable."""
