"""Protocols and figures on speakers that a network never heard."""
