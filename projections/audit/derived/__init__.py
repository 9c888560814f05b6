"""Derived figures: what follows by a formula from figures that publishers state, at a viewpoint and over time."""
