"""Acoustic versions, noises and sounds."""
