"""The command ``entra-pim``: what is not desired state. One file a command."""
