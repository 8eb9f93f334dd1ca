"""Every reason the pipeline gives, and which of two is given."""

import pytest

from bitting.dialects.dialect import Claim
from bitting.domain.errors import MalformedRequest
from bitting.domain.request import Request
from bitting.domain.verdict import Denied, Reason
from bitting.gate.pipeline import PUBLIC, Passed, hear, invented
from tests.gate.dialects import COUNTED, STAMPED, Counted, Stamped
from tests.gate.faults import FAULTS, ORDER_FAULTS
from tests.gate.scene import Fault
from tests.gate.world import HOME, World

BOTH = pytest.mark.parametrize("dialect", [STAMPED, COUNTED], ids=["stamped", "counted"])


def test_every_reason_of_the_pipeline_has_a_fault() -> None:
    """Those that are missing here are told from outside: by the exchange, and by the way a request came in."""
    outside = {Reason.BODY_UNSEEN, Reason.UPSTREAM_DOWN, Reason.UPSTREAM_UNKNOWN}
    assert {fault.reason for fault in FAULTS} | outside == set(Reason)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_scene_without_its_fault_is_admitted(fault: Fault) -> None:
    """So what is refused below is refused for the fault, and for nothing else."""
    scene = fault.scene()
    assert isinstance(scene.world.judge(scene.request()), Passed)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_every_fault_is_refused_for_its_reason(fault: Fault) -> None:
    """One fault, one reason."""
    scene = fault.scene()
    fault.put(scene)
    verdict = scene.world.judge(scene.request())
    assert isinstance(verdict, Denied)
    assert verdict.reason is fault.reason


@pytest.mark.parametrize("place", range(len(ORDER_FAULTS) - 1), ids=lambda place: str(ORDER_FAULTS[place]))
def test_of_two_faults_the_one_checked_first_is_named(place: int) -> None:
    """Whatever else is wrong with a request, the refusal tells of the first step that fails, and of no later one."""
    first = ORDER_FAULTS[place]
    for later in ORDER_FAULTS[place + 1 :]:
        scene = first.scene()
        later.put(scene)
        first.put(scene)
        verdict = scene.world.judge(scene.request())
        assert isinstance(verdict, Denied), str(later)
        assert verdict.reason is first.reason, str(later)


@BOTH
def test_an_order_within_everything_is_admitted_with_what_has_to_be_done(dialect: Stamped | Counted) -> None:
    """The verdict says who, what, how much of the rate is used, and what must be durable before it goes on."""
    world = World(dialect)
    holder = world.issue()
    request = holder.order()
    passed = world.judge(request)
    assert isinstance(passed, Passed)
    assert passed.snapshot.key.id == holder.key
    assert passed.credential == f"{holder.key}-cred-1"
    assert [action.name for action in passed.actions] == ["order.place"]
    assert (passed.admitted.used, passed.admitted.limit, passed.admitted.reset_ms) == (1, 200, 20)
    assert passed.changes_state
    assert (passed.mark >= 0) is (dialect is COUNTED)


@BOTH
def test_a_read_changes_no_state(dialect: Stamped | Counted) -> None:
    """It need not be durable before it goes on."""
    world = World(dialect)
    passed = world.judge(world.issue().read())
    assert isinstance(passed, Passed)
    assert not passed.changes_state


def test_a_request_without_a_credential_is_not_proven() -> None:
    """A private endpoint is not told apart from one that does not exist."""
    world = World()
    for path in (b"/balances", b"/nowhere"):
        assert hear(Request(b"GET", path, (), b"", HOME), world.door, world.clock.now) == Denied(
            Reason.NOT_PROVEN, "", "no credential on a private endpoint"
        )


def test_open_endpoints_need_no_key_and_have_a_rate_of_their_own() -> None:
    """Market data is for everybody, as fast as the house allows an address."""
    world = World()
    asked = Request(b"GET", b"/time", (), b"", HOME)
    for _ in range(world.rates.public.burst):
        assert hear(asked, world.door, world.clock.now) is PUBLIC
    refused = hear(asked, world.door, world.clock.now)
    assert isinstance(refused, Denied)
    assert refused.reason is Reason.STRANGER_RATE
    assert refused.retry_after_ms == 1000 // 50 + 1


def test_what_a_dialect_cannot_read_is_malformed_and_says_where() -> None:
    """The request's own bytes are the only thing such an answer speaks of."""
    world = World()
    request = world.issue().order()
    broken = request._replace(target=request.target + b"&time=1")
    with pytest.raises(MalformedRequest) as told:
        STAMPED.read(broken)
    assert hear(broken, world.door, world.clock.now) == Denied(Reason.MALFORMED, str(told.value))


def test_an_id_in_our_shape_that_we_never_made_is_invented() -> None:
    """The tag tells; foreign ids of imported keys have none, and have to be looked up."""
    world = World()
    real = world.issue().wire_id
    assert not invented(Claim(real, b"", b""), world.door)
    assert invented(Claim(f"bk_live_{'a' * 32}", b"", b""), world.door)
    assert not invented(Claim("Zm9yZWlnbi1rZXktaWQ", b"", b""), world.door)
