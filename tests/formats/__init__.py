"""Model files: read, written, and refused where they are hostile."""
