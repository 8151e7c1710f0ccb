"""What a kernel and the Jupyter server on the same machine hand each other, in a folder of both."""
