"""One run: what it knows, its doors, what was wished, and the report of it."""
