"""Who is told on Slack, what, and how."""
