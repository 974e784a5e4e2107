"""Patterns that a text is held against: Sieve's wildcards, and regular expressions in five spellings.

glob.py is `:matches`. patterns.py compiles a regular expression and searches under a time budget; posix.py, basic.py,
egrep.py and pcre.py (with characters.py) translate what users and admins write (Sieve, procmailrc, Postfix tables) into
Python's spelling. Nothing here knows a word, a message or a rule: a text and a pattern go in, match values or None come
out.
"""
