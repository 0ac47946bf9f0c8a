"""`make demo`: one whole incident, played by the real entrypoint against the embedded AWS, watched by a person."""
