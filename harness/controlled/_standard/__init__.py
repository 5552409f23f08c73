"""What programs know of the standard library by name, and what stands there for it while a host is open."""
