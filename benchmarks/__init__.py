"""What the documentation claims about speed and size, measured: `make bench` prints it as tables."""
