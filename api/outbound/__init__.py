"""What this program asks of other servers: witnesses, and time-stamp authorities."""
