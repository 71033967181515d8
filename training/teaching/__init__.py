"""What an encoder learns of voices before any emotion: it is the pupil of a published network."""
