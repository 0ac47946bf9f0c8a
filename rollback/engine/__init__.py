"""The loop that drives a part to its end, and what it needs: it knows no AWS."""
