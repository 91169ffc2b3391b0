"""The compiled path for leads that never wait for a shared rep."""
