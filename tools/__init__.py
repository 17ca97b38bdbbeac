"""What the Makefile's targets are made of: set-up, the local demonstration, and the test run."""
