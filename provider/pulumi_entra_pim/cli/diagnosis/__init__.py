"""What ``entra-pim doctor`` looks at: each module a part of the way from the program to the tenant."""
