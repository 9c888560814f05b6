"""A part of what `make fuzz` sends: whatever is made from the description of the API, no answer is a server error."""

from tests.depth import examples
from tests.fuzz.described_requests import fuzz


def test_no_request_made_from_the_description_is_a_server_error() -> None:
    with fuzz() as one:
        one.run(examples(300, deeply=5000), number=1)
        assert one.faults == []
        assert one.statuses.total() >= 200
        assert {200, 201, 401, 404, 422} & set(one.statuses) >= {200, 401, 404, 422}
