"""From what a tenant holds to a program that declares it: what there is, what it is called, and how it is written."""
