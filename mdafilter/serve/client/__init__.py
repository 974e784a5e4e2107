"""What Postfix starts: mdafilter-deliver.c, and build.py, which compiles it where that can be done."""
