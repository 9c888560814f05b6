"""A part of what `make fuzz` sends: whatever is made from the description of the API, no answer is a server error."""

from tests.depth import examples
from tests.fuzz.described_requests import fuzz


def test_no_request_made_from_the_description_is_a_server_error() -> None:
    with fuzz() as one:
        one.run(examples(200, deeply=5000), number=1)
        assert one.faults == []
        assert one.statuses.total() >= 200
        assert {200, 401, 403, 404, 422} <= set(one.statuses)  # few of so few requests record anything
        with_key = one.by_key["admin"]
        assert with_key.total() > one.statuses.total() / 2
        assert not {401, 403} & set(with_key)
        assert set(one.by_key["wrong"]) | set(one.by_key[None]) <= {200, 401, 404, 405, 422}
