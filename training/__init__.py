"""From corpora to a bundle: manifests, features, weights, report."""
