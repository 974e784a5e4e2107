"""Patterns that a text is held against: Sieve's wildcards, and regular expressions in three spellings.

glob.py is `:matches`. patterns.py compiles a regular expression and searches under a time budget; posix.py, egrep.py
and pcre.py translate what users and admins write (Sieve, procmailrc, Postfix tables) into Python's spelling. Nothing
here knows a word, a message or a rule: a text and a pattern go in, match values or None come out.
"""
