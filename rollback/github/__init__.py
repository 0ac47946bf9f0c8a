"""GitHub: the runner's protocol, the event, the API."""
