"""What goes when there are too many counts."""

from __future__ import annotations

from pathlib import Path

from mdafilter.scorers.bayes.expiry import expire
from mdafilter.scorers.bayes.sqlite import Sqlite
from mdafilter.scorers.bayes.store import Totals, Whole


def test_the_rare_and_the_old_go_first(tmp_path: Path) -> None:
    store = Sqlite(str(tmp_path / "db"), 5, write=True)
    rows = {n: (1 + n % 2, 0, 20_000 + n % 7) for n in range(20_000)}
    store.replace(Whole(Totals(1, 1, 1, 1), rows, {}))
    assert expire(store, store.size()) == 0
    gone = expire(store, store.size() * 9 // 10)
    left = dict(store.scan())
    assert gone == len(rows) - len(left) > 0
    assert all(rows[n][0] == 1 for n in rows.keys() - left.keys())
    assert max(rows[n][2] for n in rows.keys() - left.keys()) <= min(r[2] for r in left.values() if r[0] == 1)
    store.close()
