"""The console: the operator API. It asks by marking, shows what is known, and settles what a machine may not."""
