"""Every path that is emulated, and what answers it: one file a collection, one flat table of them all."""
