"""Model files: read into something that predicts, and written for other software."""
