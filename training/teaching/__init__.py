"""What a network can learn of voices before it learns emotions: a speaker encoder's pupil.

An experiment, not yet part of `make train`: `python -m training.teaching` shows what it gives.
"""
