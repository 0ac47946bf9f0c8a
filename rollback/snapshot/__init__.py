"""The last known good, as `mode: snapshot` records it and a restore reads it."""
