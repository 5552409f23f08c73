"""Switch points inside functions: where they are in bytecode, and how a unit's coming by is noticed."""
