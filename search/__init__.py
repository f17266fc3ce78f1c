"""How a space is searched: specification, plan, driver, samplers, pruners and executors."""
