"""The driver of a sweep: one loop, and the parts that share its state."""
