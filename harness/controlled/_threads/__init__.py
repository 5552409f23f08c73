"""Real threads under control: who may run, what they wait for, and what the standard library's names mean to them."""
