"""`:copy`: fileinto and redirect without cancelling the implicit keep (RFC 3894).

    fileinto :copy "incoming";    redirect :copy "archive@example.org";

The tag is all: the nodes of fileinto.py and redirect.py carry it, and engine.cancels_keep looks at it.
"""

from __future__ import annotations

from mdafilter.words.syntax import Tag

TAGS = (Tag(":copy", on=("fileinto", "redirect"), requires=("copy",)),)
