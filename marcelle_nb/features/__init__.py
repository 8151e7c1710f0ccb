"""Image features learned from a larger network: training them, their file, and running them."""
