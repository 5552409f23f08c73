"""What each kind of unit does when a script asks for a step: pause, spawn, join, offload."""
