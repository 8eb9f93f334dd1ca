"""All calls of the API, one a line."""

from __future__ import annotations

from typing import Final

from bitting.web.api.route import Access, Route
from bitting.web.api.shapes import accounts, approvals, house, keys, people, records
from bitting.web.api.shapes.common import Page

_ACCOUNTS: Final = (
    Route("GET", "/v1/accounts", "account.list", "Accounts", accounts.Accounts, query=Page),
    Route(
        "POST", "/v1/accounts", "account.open", "Open an account", accounts.Account, accounts.AccountAsked, status=201
    ),
    Route("GET", "/v1/accounts/{account}", "account.show", "One account", accounts.Account),
    Route(
        *("PATCH", "/v1/accounts/{account}/limits", "account.limit", "Limits over all keys of the account"),
        *(accounts.Account, accounts.AccountLimits),
    ),
    Route(
        *("POST", "/v1/accounts/{account}/addresses", "account.add-address", "Add to the address book"),
        *(accounts.Account, accounts.AddressAsked),
        status=201,
        again="account.show",
    ),
    Route(
        *("DELETE", "/v1/accounts/{account}/addresses/{entry}", "account.remove-address", "Take an address away"),
        accounts.Account,
    ),
)
_KEYS: Final = (
    Route("GET", "/v1/keys", "key.list", "Keys", keys.Keys, query=keys.KeysAsked),
    Route(
        *("POST", "/v1/accounts/{account}/keys", "key.issue", "Issue a key; its secret is shown once"),
        *(keys.KeyWithSecret, keys.KeyAsked),
        status=201,
        again="key.show",
    ),
    Route(
        *("POST", "/v1/accounts/{account}/keys/import", "key.import", "Bring a key that clients use already"),
        *(keys.KeyWithSecret, keys.KeyBrought),
        status=201,
        again="key.show",
    ),
    Route("GET", "/v1/keys/{key}", "key.show", "One key", keys.KeyShown),
    Route("GET", "/v1/unused", "key.unused", "What keys could do without", keys.UnusedKeys, query=keys.UnusedAsked),
    Route("PATCH", "/v1/keys/{key}", "key.edit", "Change a key", keys.Key, keys.KeyEdited, matches=True),
    Route(
        *("POST", "/v1/keys/{key}/rotate", "key.rotate", "A new secret; the old one ends with its overlap"),
        *(keys.KeyWithSecret, keys.Rotated),
        again="key.show",
    ),
    Route("POST", "/v1/keys/{key}/roll-back", "key.roll-back", "Back to the secret before", keys.Key),
    Route("POST", "/v1/keys/{key}/pause", "key.pause", "Pause a key", keys.Key),
    Route("POST", "/v1/keys/{key}/resume", "key.resume", "Let a paused key work again", keys.Key),
    Route("POST", "/v1/keys/{key}/lock", "key.lock", "The house stops a key", keys.Key, keys.Locked),
    Route("POST", "/v1/keys/{key}/unlock", "key.unlock", "The house lets a key go again", keys.Key, keys.Locked),
    Route("DELETE", "/v1/keys/{key}", "key.revoke", "End a key for ever", keys.Key),
    Route("POST", "/v1/keys/{key}/can", "key.can", "Whether a key could do something now", keys.Can, keys.CanAsked),
)
_HOUSE: Final = (
    Route("GET", "/v1/house", "house.show", "The house's rules", house.House),
    Route("PATCH", "/v1/house", "house.edit", "Change the house's rules", house.House, house.HouseEdited),
    Route("POST", "/v1/freeze", "freeze", "Stop a key, an account or everything", house.Frozen, house.Stopped),
    Route("POST", "/v1/thaw", "thaw", "Let it go again", house.Thawed, house.Stopped),
)

_HERE: Final = Access.PUBLIC
_PEOPLE: Final = (
    Route(
        *("POST", "/v1/sign-in", "sign-in.begin", "Begin with name and password"),
        *(people.Ticket, people.NameAndPassword),
        access=_HERE,
    ),
    Route(
        *("POST", "/v1/sign-in/code", "sign-in.finish", "Finish with a code"),
        *(people.Welcome, people.TicketAndCode),
        access=_HERE,
    ),
    Route("POST", "/v1/sign-in/challenge", "sign-in.challenge", "Begin with a passkey", people.Challenge, access=_HERE),
    Route(
        *("POST", "/v1/sign-in/passkey", "sign-in.passkey", "Finish with a passkey"),
        *(people.Welcome, people.TicketAndResponse),
        access=_HERE,
    ),
    Route("POST", "/v1/set-up/look", "set-up.look", "Whom a link is for", people.SetUpShown, people.Link, access=_HERE),
    Route(
        "POST",
        "/v1/set-up",
        "set-up.finish",
        "Choose what proves you",
        people.RecoveryCodes,
        people.SetUp,
        access=_HERE,
    ),
    Route("POST", "/v1/reset/look", "reset.look", "Whom a link is for", people.ResetShown, people.Link, access=_HERE),
    Route("POST", "/v1/reset", "reset.finish", "Choose another password", people.Done, people.Reset, access=_HERE),
    Route("GET", "/v1/me", "me.show", "Who you are", people.Me),
    Route("GET", "/v1/me/sessions", "me.sessions", "Your devices", people.MySessions),
    Route("POST", "/v1/me/sign-out", "me.sign-out", "End sessions of yours", people.Ended, people.SignedOut),
    Route("POST", "/v1/me/challenge", "me.challenge", "A challenge for your passkey", people.Challenge),
    Route("POST", "/v1/me/app", "me.show-app", "A seed for another app", people.Seed),
    Route("POST", "/v1/me/passkey", "me.show-passkey", "Options for one more passkey", people.Challenge),
    Route(
        "POST", "/v1/me/factors", "me.add-factor", "Add what was shown", people.Welcome, people.FactorAdded, status=201
    ),
    Route(
        *("POST", "/v1/me/factors/{authenticator}/remove", "me.remove-factor", "Take a factor away"),
        *(people.Welcome, people.Proven),
    ),
    Route("POST", "/v1/me/password", "me.password", "Change your password", people.Welcome, people.PasswordChanged),
    Route("POST", "/v1/me/recovery-codes", "me.recovery-codes", "New codes for paper", people.NewCodes, people.Proven),
    Route("GET", "/v1/users", "user.list", "People", people.Users, query=Page),
    Route("GET", "/v1/users/{user}", "user.show", "One person", people.User),
    Route("POST", "/v1/users/{user}/role", "user.role", "What a person is", people.User, people.RoleGiven),
    Route("POST", "/v1/users/{user}/disable", "user.disable", "Keep a person out", people.User),
    Route("POST", "/v1/users/{user}/enable", "user.enable", "Let a person in again", people.User),
    Route("GET", "/v1/users/{user}/sessions", "user.sessions", "A person's devices", people.Devices),
    Route(
        *("POST", "/v1/users/{user}/sign-out", "user.sign-out", "End a person's sessions"),
        *(people.PersonEnded, people.OneSession),
    ),
)
_CONSENT: Final = (
    Route(
        *("GET", "/v1/confirmations/{confirmation}", "confirmation.show", "What waits for your second factor"),
        approvals.Confirmation,
    ),
    Route(
        *("POST", "/v1/confirmations/{confirmation}", "confirmation.answer", "Confirm it"),
        *(approvals.Confirmation, approvals.Answered),
    ),
    Route(
        *("GET", "/v1/approvals", "approval.list", "What waits for a second person"),
        approvals.Approvals,
        query=approvals.ApprovalsAsked,
    ),
    Route("GET", "/v1/approvals/{approval}", "approval.show", "One of them", approvals.Approval),
    Route("POST", "/v1/approvals/{approval}/approve", "approval.approve", "Approve it", approvals.Outcome),
    Route("POST", "/v1/approvals/{approval}/refuse", "approval.refuse", "Refuse it", approvals.Approval),
    Route("POST", "/v1/approvals/{approval}/withdraw", "approval.withdraw", "Withdraw it", approvals.Approval),
    Route(
        *("POST", "/v1/approvals/{approval}/break-glass", "approval.break-glass", "Do it without a second person"),
        *(approvals.Outcome, approvals.Reason),
    ),
)
_RECORDS: Final = (
    Route(*("GET", "/v1/activity", "activity.list", "What keys did"), records.Activity, query=records.ActivityAsked),
    Route(
        "GET", "/v1/activity/chart", "activity.chart", "How much, over time", records.Chart, query=records.ChartAsked
    ),
    Route("GET", "/v1/requests/{request_id}", "key.explain-record", "Why it was refused", records.Explained),
    Route("GET", "/v1/keys/{key}/nonces", "key.nonces", "Where its nonces stand", records.Nonces),
    Route("POST", "/v1/keys/{key}/nonces/reset", "key.reset-nonces", "Bring its marks down", records.Nonces),
    Route("GET", "/v1/journal", "journal.list", "Entries of the journal", records.Entries, query=records.EntriesAsked),
)
_OVER_ALL: Final = (
    Route(
        "POST", "/v1/house/preview", "house.preview", "What other rules would change", house.Preview, house.PreviewAsked
    ),
    Route("POST", "/v1/bulk", "key.bulk", "One step over many keys", house.Bulk, house.BulkAsked),
)

ROUTES: Final[tuple[Route, ...]] = (*_PEOPLE, *_ACCOUNTS, *_KEYS, *_CONSENT, *_RECORDS, *_HOUSE, *_OVER_ALL)
