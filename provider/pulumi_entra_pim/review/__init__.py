"""From an engine's preview to who can become what: the model of access, the rules, and their renderings."""
