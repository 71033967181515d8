"""The network, its examples, the training loop and the export."""
