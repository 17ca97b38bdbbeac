"""Microsoft Graph v1.0 as this project uses it: HTTP, tokens, errors, waits. It has never heard of Pulumi."""
