"""How a space is searched: specification, plan, driver, samplers, schedulers and executors."""
