"""The words of test files; the table is in mdafilter/testing/__init__.py."""
