"""Splits, cache and tracks: what training reads, without the recordings."""
