"""What the user asked for: forms, model, trigger rule."""
