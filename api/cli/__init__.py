"""The command line: commands by name, their options, and what they print on a terminal."""
