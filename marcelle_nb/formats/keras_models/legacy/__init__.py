"""Layers of earlier software, one in each module; `legacy_layers` registers them all."""
