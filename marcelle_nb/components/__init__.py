"""What a notebook shows beside models: sources of images, buttons, collections, plots."""
