"""What a rollback costs: time past AWS's own, calls, processor time, memory. `make bench` runs all of it."""
