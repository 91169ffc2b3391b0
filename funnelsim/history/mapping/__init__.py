"""The mapping file, in which a person says what an export means."""
