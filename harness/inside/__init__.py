"""What runs inside the process of somebody's app, importing nothing but the standard library and the core."""
