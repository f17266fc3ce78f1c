"""How a space is searched: data, models, training, samplers, executors, and the driver."""
