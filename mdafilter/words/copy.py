"""`:copy`: fileinto, redirect and pipe without cancelling the implicit keep (RFC 3894).

    fileinto :copy "incoming";    redirect :copy "archive@example.org";

The tag is all: the nodes of fileinto.py, redirect.py and extpipe.py carry it, and engine.cancels_keep looks at it.
"""

from __future__ import annotations

from mdafilter.words.syntax import Tag

TAGS = (Tag(":copy", on=("fileinto", "redirect", "pipe"), requires=("copy",)),)
