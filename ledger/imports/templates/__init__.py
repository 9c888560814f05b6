"""Templates: workbooks for people to fill in, what they become, and how they come back where something is wrong."""
