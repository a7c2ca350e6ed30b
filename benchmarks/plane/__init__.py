"""The event plane in one process: the real handlers over storage in memory, and its failures."""
