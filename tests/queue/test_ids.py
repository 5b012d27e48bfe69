"""Identifiers: version-7 UUIDs, in rising order within a batch."""

from uuid import RFC_4122, UUID

import pytest

from drawscape.queue.options import new_id, new_ids


@pytest.mark.parametrize("count", [0, 1, 2, 4096, 10_000])
def test_the_ids_of_a_batch_are_distinct_rising_version_7_uuids(count: int):
    ids = new_ids(count)
    assert len(set(ids)) == len(ids) == count
    assert ids == sorted(ids)
    for one in ids:
        parsed = UUID(one)
        assert (str(parsed), parsed.version, parsed.variant) == (one, 7, RFC_4122)


def test_an_id_made_later_sorts_later():
    import time

    earlier = new_id()
    time.sleep(0.003)
    assert earlier < new_id()
