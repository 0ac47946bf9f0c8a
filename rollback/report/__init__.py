"""What people are told: one `Report`, and the pure renderings of it."""
