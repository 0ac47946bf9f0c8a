"""Brings a failed AWS deployment back to the last known good, proves it, and tells everyone what happened."""
