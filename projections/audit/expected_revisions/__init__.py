"""How sure a figure is: what its publisher's own record says of how far such figures move afterwards."""
