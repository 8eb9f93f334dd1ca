"""People: add one, say what they are to the house and to accounts, stop them, and change what proves them.

The first half is what others decide about a person. The second half is what a person changes about themself; whether
it really is that person has been asked before (`identity`), of a password and a factor and not of a session alone, so
there is no consent to be checked here. Whatever changes what proves somebody ends their sessions, and lets the
withdrawals of their accounts wait: a thief would begin with it.
"""

from __future__ import annotations

from bitting.domain.errors import IllegalStep, MalformedValue, Refused
from bitting.domain.ids import new_id
from bitting.domain.roles import ON_ACCOUNT, AccountRole, HouseRole
from bitting.domain.user import MOST_MEMBERSHIPS, Authenticator, User, UserState, name_from_text
from bitting.lifecycle.accounts import hold_withdrawals
from bitting.lifecycle.act import Act


def add_user(act: Act, tenant: str, name: str, house: frozenset[HouseRole]) -> User:
    """A new person, who cannot sign in before they have chosen what proves them. Raises MalformedValue, Refused,
    ConsentMissing."""
    name = name_from_text(name)
    there = act.work.user_named(name)
    if there is not None:
        raise Refused(f"there is a user with this name already: {there.id}")
    user = User(new_id(act.now_ns, act.entropy), tenant, name, house, {}, UserState.ACTIVE, 1, (), act.now_ms, 1)
    # Not the digest, in which nothing names the person.
    act.allow("user.add", tenant, 0, user.digest(), [name], widens=True)
    return act.keep_user("user.add", None, user, {"house": sorted(each.value for each in house)})


def set_house_roles(act: Act, user_id: str, house: frozenset[HouseRole]) -> User:
    """What the person is to the house from now on. Raises NotFound, ConsentMissing."""
    user = act.work.user(user_id)
    after = user.changed(house=house)
    says = (f"make user {user.id} in the house: {', '.join(sorted(each.value for each in house)) or 'nothing'}",)
    act.allow("user.house", user.id, user.version, after.digest(), widens=not house <= user.house, says=says)
    return act.keep_user("user.house", user, after, {"house": sorted(each.value for each in house)})


def set_account_role(act: Act, user_id: str, account_id: str, role: AccountRole | None) -> User:
    """What the person is to an account from now on; None for nothing. Raises NotFound, MalformedValue,
    ConsentMissing."""
    user, account = act.work.user(user_id), act.work.account(account_id)
    accounts = {id: each for id, each in user.accounts.items() if id != account.id}
    if role is not None:
        accounts[account.id] = role
    if len(accounts) > MOST_MEMBERSHIPS:
        raise MalformedValue(f"one person is something to at most {MOST_MEMBERSHIPS} accounts")
    after = user.changed(accounts=accounts)
    former = user.accounts.get(account.id)
    widens = role is not None and (former is None or not ON_ACCOUNT[role] <= ON_ACCOUNT[former])
    says = (f"make user {user.id} {role.value if role else 'nothing'} of the account {account.name}",)
    act.allow("user.account", user.id, user.version, after.digest(), widens=widens, says=says)
    facts = {"account": account.id, "role": role.value if role else "none"}
    return act.keep_user("user.account", user, after, facts)


def disable(act: Act, user_id: str) -> User:
    """The person cannot sign in any more, and is signed out everywhere. Raises NotFound, IllegalStep."""
    return _turn(act, "user.disable", user_id, UserState.DISABLED)


def enable(act: Act, user_id: str) -> User:
    """The person can sign in again. Raises NotFound, IllegalStep, ConsentMissing."""
    return _turn(act, "user.enable", user_id, UserState.ACTIVE)


def _turn(act: Act, deed: str, user_id: str, state: UserState) -> User:
    user = act.work.user(user_id)
    if user.state is state:
        raise IllegalStep(f"the user is {state.value} already")
    after = user.changed(state=state, epoch=user.epoch + 1)
    act.allow(deed, user.id, user.version, after.digest(), widens=state is UserState.ACTIVE)
    return act.keep_user(deed, user, after)


def sign_out(act: Act, user_id: str) -> User:
    """End every session of the person. Raises NotFound."""
    user = act.work.user(user_id)
    after = user.changed(epoch=user.epoch + 1)
    act.allow("user.sign_out", user.id, user.version, after.digest(), widens=False)
    return act.keep_user("user.sign_out", user, after)


def strip(act: Act, user_id: str) -> User:
    """Take away everything that proves the person, who has lost it: they begin anew. Raises NotFound,
    ConsentMissing."""
    user = act.work.user(user_id)
    after = user.proven_by()
    act.allow("user.strip", user.id, user.version, after.digest(), widens=True)
    return _proven(act, "user.strip", user, after)


def set_up(act: Act, user: User, *authenticators: Authenticator) -> User:
    """The first things that prove the person. Raises IllegalStep when there are some already, or these are too few."""
    if user.authenticators:
        raise IllegalStep("this person is set up already")
    after = user.proven_by(*authenticators)
    if not after.ready:
        raise IllegalStep("a person signs in with a password and an app, or with a passkey: choose what is missing")
    return _proven(act, "user.set_up", user, after)


def add_authenticator(act: Act, user: User, fresh: Authenticator) -> User:
    """One more, or another in the place of the former password, app or codes. Raises MalformedValue."""
    facts = {"factor": fresh.factor.value, "authenticator": fresh.id}
    return _proven(act, "user.authenticator", user, user.with_authenticator(fresh), facts)


def remove_authenticator(act: Act, user: User, authenticator_id: str) -> User:
    """One less. Raises NotFound, IllegalStep."""
    return _proven(
        act,
        "user.remove_authenticator",
        user,
        user.without_authenticator(authenticator_id),
        {"authenticator": authenticator_id},
    )


def replace_material(act: Act, deed: str, user: User, fresh: Authenticator, facts: dict[str, int]) -> User:
    """The same password hashed anew, or codes with one less: nothing by which a thief could come in, so sessions
    stay."""
    kept = tuple(fresh if each.id == fresh.id else each for each in user.authenticators)
    return act.keep_user(deed, user, user.changed(authenticators=kept), facts)


def _proven(act: Act, deed: str, before: User, after: User, facts: dict[str, str] | None = None) -> User:
    kept = act.keep_user(deed, before, after, facts)
    for account_id in after.answers_for:
        hold_withdrawals(act, account_id, deed)
    return kept
