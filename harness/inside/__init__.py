"""What runs inside the process of somebody's app: nothing here imports anything but the standard library and the core."""
