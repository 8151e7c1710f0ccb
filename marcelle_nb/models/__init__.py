"""Models that learn from datasets, and what they answer."""
