"""The report, the model card, the plots and the targets."""
