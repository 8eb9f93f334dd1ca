"""One function for each call of the API. Written by `scripts/generate-client.py` from the API's document.

Each makes a `Call`, which a `Client` or an `AsyncClient` carries out. What is None is not sent.
"""

from __future__ import annotations

from typing import Any, Literal

from bitting_client.manage import shapes
from bitting_client.manage.call import Call, Operation

OPERATIONS: dict[str, Operation] = {
    "sign-in.begin": Operation("POST", "/v1/sign-in", has_body=True),
    "sign-in.finish": Operation("POST", "/v1/sign-in/code", has_body=True),
    "sign-in.challenge": Operation("POST", "/v1/sign-in/challenge"),
    "sign-in.passkey": Operation("POST", "/v1/sign-in/passkey", has_body=True),
    "set-up.look": Operation("POST", "/v1/set-up/look", has_body=True),
    "set-up.finish": Operation("POST", "/v1/set-up", has_body=True),
    "reset.look": Operation("POST", "/v1/reset/look", has_body=True),
    "reset.finish": Operation("POST", "/v1/reset", has_body=True),
    "me.show": Operation("GET", "/v1/me"),
    "me.sessions": Operation("GET", "/v1/me/sessions"),
    "me.sign-out": Operation("POST", "/v1/me/sign-out", has_body=True),
    "me.challenge": Operation("POST", "/v1/me/challenge"),
    "me.show-app": Operation("POST", "/v1/me/app"),
    "me.show-passkey": Operation("POST", "/v1/me/passkey"),
    "me.add-factor": Operation("POST", "/v1/me/factors", has_body=True),
    "me.remove-factor": Operation("POST", "/v1/me/factors/{authenticator}/remove", has_body=True),
    "me.password": Operation("POST", "/v1/me/password", has_body=True),
    "me.recovery-codes": Operation("POST", "/v1/me/recovery-codes", has_body=True),
    "user.list": Operation("GET", "/v1/users", ("after", "most")),
    "user.show": Operation("GET", "/v1/users/{user}"),
    "user.role": Operation("POST", "/v1/users/{user}/role", has_body=True),
    "user.disable": Operation("POST", "/v1/users/{user}/disable"),
    "user.enable": Operation("POST", "/v1/users/{user}/enable"),
    "user.sessions": Operation("GET", "/v1/users/{user}/sessions"),
    "user.sign-out": Operation("POST", "/v1/users/{user}/sign-out", has_body=True),
    "account.list": Operation("GET", "/v1/accounts", ("after", "most")),
    "account.open": Operation("POST", "/v1/accounts", has_body=True),
    "account.show": Operation("GET", "/v1/accounts/{account}"),
    "account.limit": Operation("PATCH", "/v1/accounts/{account}/limits", has_body=True),
    "account.add-address": Operation("POST", "/v1/accounts/{account}/addresses", has_body=True, once=True),
    "account.remove-address": Operation("DELETE", "/v1/accounts/{account}/addresses/{entry}"),
    "key.list": Operation("GET", "/v1/keys", ("after", "most", "account")),
    "key.issue": Operation("POST", "/v1/accounts/{account}/keys", has_body=True, once=True),
    "key.import": Operation("POST", "/v1/accounts/{account}/keys/import", has_body=True, once=True),
    "key.show": Operation("GET", "/v1/keys/{key}"),
    "key.edit": Operation("PATCH", "/v1/keys/{key}", has_body=True, matches=True),
    "key.revoke": Operation("DELETE", "/v1/keys/{key}"),
    "key.unused": Operation("GET", "/v1/unused", ("account", "after", "since")),
    "key.rotate": Operation("POST", "/v1/keys/{key}/rotate", has_body=True, once=True),
    "key.roll-back": Operation("POST", "/v1/keys/{key}/roll-back"),
    "key.pause": Operation("POST", "/v1/keys/{key}/pause"),
    "key.resume": Operation("POST", "/v1/keys/{key}/resume"),
    "key.lock": Operation("POST", "/v1/keys/{key}/lock", has_body=True),
    "key.unlock": Operation("POST", "/v1/keys/{key}/unlock", has_body=True),
    "key.can": Operation("POST", "/v1/keys/{key}/can", has_body=True),
    "confirmation.show": Operation("GET", "/v1/confirmations/{confirmation}"),
    "confirmation.answer": Operation("POST", "/v1/confirmations/{confirmation}", has_body=True),
    "approval.list": Operation("GET", "/v1/approvals", ("before", "most")),
    "approval.show": Operation("GET", "/v1/approvals/{approval}"),
    "approval.approve": Operation("POST", "/v1/approvals/{approval}/approve"),
    "approval.refuse": Operation("POST", "/v1/approvals/{approval}/refuse"),
    "approval.withdraw": Operation("POST", "/v1/approvals/{approval}/withdraw"),
    "approval.break-glass": Operation("POST", "/v1/approvals/{approval}/break-glass", has_body=True),
    "activity.list": Operation(
        "GET",
        "/v1/activity",
        (
            "key",
            "account",
            "verdict",
            "reason",
            "action",
            "pair",
            "address",
            "since",
            "until",
            "request_id",
            "after",
            "before",
            "most",
        ),
    ),
    "activity.chart": Operation("GET", "/v1/activity/chart", ("over", "by", "key", "account", "strangers")),
    "key.explain-record": Operation("GET", "/v1/requests/{request_id}"),
    "key.nonces": Operation("GET", "/v1/keys/{key}/nonces"),
    "key.reset-nonces": Operation("POST", "/v1/keys/{key}/nonces/reset"),
    "journal.list": Operation("GET", "/v1/journal", ("account", "before", "most")),
    "house.show": Operation("GET", "/v1/house"),
    "house.edit": Operation("PATCH", "/v1/house", has_body=True),
    "freeze": Operation("POST", "/v1/freeze", has_body=True),
    "thaw": Operation("POST", "/v1/thaw", has_body=True),
    "house.preview": Operation("POST", "/v1/house/preview", has_body=True),
    "key.bulk": Operation("POST", "/v1/bulk", has_body=True),
}


def sign_in_begin(
    *,
    name: str,
    password: str,
) -> Call[shapes.Ticket]:
    """Begin with name and password."""
    return Call("sign-in.begin", {"name": name, "password": password})


def sign_in_finish(
    *,
    ticket: str,
    code: str,
) -> Call[shapes.Welcome]:
    """Finish with a code."""
    return Call("sign-in.finish", {"ticket": ticket, "code": code})


def sign_in_challenge() -> Call[shapes.Challenge]:
    """Begin with a passkey."""
    return Call("sign-in.challenge", {})


def sign_in_passkey(
    *,
    ticket: str,
    response: dict[str, Any],
) -> Call[shapes.Welcome]:
    """Finish with a passkey."""
    return Call("sign-in.passkey", {"ticket": ticket, "response": response})


def set_up_look(
    *,
    link: str,
) -> Call[shapes.SetUpShown]:
    """Whom a link is for."""
    return Call("set-up.look", {"link": link})


def set_up_finish(
    *,
    link: str,
    ticket: str,
    password: str | None = None,
    code: str | None = None,
    response: dict[str, Any] | None = None,
    label: str | None = None,
) -> Call[shapes.RecoveryCodes]:
    """Choose what proves you."""
    return Call(
        "set-up.finish",
        {"link": link, "ticket": ticket, "password": password, "code": code, "response": response, "label": label},
    )


def reset_look(
    *,
    link: str,
) -> Call[shapes.ResetShown]:
    """Whom a link is for."""
    return Call("reset.look", {"link": link})


def reset_finish(
    *,
    link: str,
    password: str,
    proof: shapes.Proof,
) -> Call[shapes.Done]:
    """Choose another password."""
    return Call("reset.finish", {"link": link, "password": password, "proof": proof})


def me_show() -> Call[shapes.Me]:
    """Who you are."""
    return Call("me.show", {})


def me_sessions() -> Call[shapes.MySessions]:
    """Your devices."""
    return Call("me.sessions", {})


def me_sign_out(
    *,
    session: str | None = None,
    everywhere: bool | None = None,
) -> Call[shapes.Ended]:
    """End sessions of yours."""
    return Call("me.sign-out", {"session": session, "everywhere": everywhere})


def me_challenge() -> Call[shapes.Challenge]:
    """A challenge for your passkey."""
    return Call("me.challenge", {})


def me_show_app() -> Call[shapes.Seed]:
    """A seed for another app."""
    return Call("me.show-app", {})


def me_show_passkey() -> Call[shapes.Challenge]:
    """Options for one more passkey."""
    return Call("me.show-passkey", {})


def me_add_factor(
    *,
    ticket: str,
    proof: shapes.Proof,
    code: str | None = None,
    response: dict[str, Any] | None = None,
    label: str | None = None,
) -> Call[shapes.Welcome]:
    """Add what was shown."""
    return Call("me.add-factor", {"ticket": ticket, "proof": proof, "code": code, "response": response, "label": label})


def me_remove_factor(
    authenticator: str,
    *,
    proof: shapes.Proof,
) -> Call[shapes.Welcome]:
    """Take a factor away."""
    return Call("me.remove-factor", {"authenticator": authenticator, "proof": proof})


def me_password(
    *,
    password: str,
    proof: shapes.Proof,
    current: str | None = None,
) -> Call[shapes.Welcome]:
    """Change your password."""
    return Call("me.password", {"password": password, "proof": proof, "current": current})


def me_recovery_codes(
    *,
    proof: shapes.Proof,
) -> Call[shapes.NewCodes]:
    """New codes for paper."""
    return Call("me.recovery-codes", {"proof": proof})


def user_list(
    *,
    after: str | None = None,
    most: int | None = None,
) -> Call[shapes.Users]:
    """People."""
    return Call("user.list", {"after": after, "most": most})


def user_show(
    user: str,
) -> Call[shapes.User]:
    """One person."""
    return Call("user.show", {"user": user})


def user_role(
    user: str,
    *,
    account: str | None = None,
    role: Literal["none", "owner", "manager", "viewer"] | None = None,
    roles: list[Literal["operator", "security", "auditor", "support"]] | None = None,
) -> Call[shapes.User]:
    """What a person is."""
    return Call("user.role", {"user": user, "account": account, "role": role, "roles": roles})


def user_disable(
    user: str,
) -> Call[shapes.User]:
    """Keep a person out."""
    return Call("user.disable", {"user": user})


def user_enable(
    user: str,
) -> Call[shapes.User]:
    """Let a person in again."""
    return Call("user.enable", {"user": user})


def user_sessions(
    user: str,
) -> Call[shapes.Devices]:
    """A person's devices."""
    return Call("user.sessions", {"user": user})


def user_sign_out(
    user: str,
    *,
    session: str | None = None,
) -> Call[shapes.PersonEnded]:
    """End a person's sessions."""
    return Call("user.sign-out", {"user": user, "session": session})


def account_list(
    *,
    after: str | None = None,
    most: int | None = None,
) -> Call[shapes.Accounts]:
    """Accounts."""
    return Call("account.list", {"after": after, "most": most})


def account_open(
    *,
    name: str,
    parent: str | None = None,
) -> Call[shapes.Account]:
    """Open an account."""
    return Call("account.open", {"name": name, "parent": parent})


def account_show(
    account: str,
) -> Call[shapes.Account]:
    """One account."""
    return Call("account.show", {"account": account})


def account_limit(
    account: str,
    *,
    limits: shapes.LimitsGiven,
) -> Call[shapes.Account]:
    """Limits over all keys of the account."""
    return Call("account.limit", {"account": account, "limits": limits})


def account_add_address(
    account: str,
    *,
    asset: str,
    network: str,
    address: str,
    label: str,
    tag: str | None = None,
) -> Call[shapes.Account]:
    """Add to the address book."""
    return Call(
        "account.add-address",
        {"account": account, "asset": asset, "network": network, "address": address, "label": label, "tag": tag},
    )


def account_remove_address(
    account: str,
    entry: str,
) -> Call[shapes.Account]:
    """Take an address away."""
    return Call("account.remove-address", {"account": account, "entry": entry})


def key_list(
    *,
    after: str | None = None,
    most: int | None = None,
    account: str | None = None,
) -> Call[shapes.Keys]:
    """Keys."""
    return Call("key.list", {"after": after, "most": most, "account": account})


def key_issue(
    account: str,
    *,
    dialect: str,
    label: str,
    permissions: list[str],
    environment: Literal["live", "test"] | None = None,
    network: list[str] | None = None,
    expires: str | None = None,
    limits: shapes.LimitsGiven | None = None,
    algorithm: Literal["hmac-sha256", "hmac-sha384", "hmac-sha512", "ed25519", "ecdsa-p256-sha256", "rsa-pkcs1-sha256"]
    | None = None,
    public_key: str | None = None,
    nonce_mode: Literal["time", "counter"] | None = None,
) -> Call[shapes.KeyWithSecret]:
    """Issue a key; its secret is shown once."""
    return Call(
        "key.issue",
        {
            "account": account,
            "dialect": dialect,
            "label": label,
            "permissions": permissions,
            "environment": environment,
            "network": network,
            "expires": expires,
            "limits": limits,
            "algorithm": algorithm,
            "public_key": public_key,
            "nonce_mode": nonce_mode,
        },
    )


def key_import(
    account: str,
    *,
    dialect: str,
    label: str,
    permissions: list[str],
    key_id: str,
    environment: Literal["live", "test"] | None = None,
    network: list[str] | None = None,
    expires: str | None = None,
    limits: shapes.LimitsGiven | None = None,
    algorithm: Literal["hmac-sha256", "hmac-sha384", "hmac-sha512", "ed25519", "ecdsa-p256-sha256", "rsa-pkcs1-sha256"]
    | None = None,
    public_key: str | None = None,
    nonce_mode: Literal["time", "counter"] | None = None,
    secret: str | None = None,
) -> Call[shapes.KeyWithSecret]:
    """Bring a key that clients use already."""
    return Call(
        "key.import",
        {
            "account": account,
            "dialect": dialect,
            "label": label,
            "permissions": permissions,
            "key_id": key_id,
            "environment": environment,
            "network": network,
            "expires": expires,
            "limits": limits,
            "algorithm": algorithm,
            "public_key": public_key,
            "nonce_mode": nonce_mode,
            "secret": secret,
        },
    )


def key_show(
    key: str,
) -> Call[shapes.KeyShown]:
    """One key."""
    return Call("key.show", {"key": key})


def key_edit(
    key: str,
    *,
    version: int,
    label: str | None = None,
    permissions: list[str] | None = None,
    allow: list[str] | None = None,
    deny: list[str] | None = None,
    network: list[str] | None = None,
    limits: shapes.LimitsGiven | None = None,
    expires: str | None = None,
) -> Call[shapes.Key]:
    """Change a key."""
    return Call(
        "key.edit",
        {
            "key": key,
            "label": label,
            "permissions": permissions,
            "allow": allow,
            "deny": deny,
            "network": network,
            "limits": limits,
            "expires": expires,
        },
        version,
    )


def key_revoke(
    key: str,
) -> Call[shapes.Key]:
    """End a key for ever."""
    return Call("key.revoke", {"key": key})


def key_unused(
    *,
    account: str | None = None,
    after: str | None = None,
    since: str | None = None,
) -> Call[shapes.UnusedKeys]:
    """What keys could do without."""
    return Call("key.unused", {"account": account, "after": after, "since": since})


def key_rotate(
    key: str,
    *,
    overlap: str | None = None,
    algorithm: Literal["hmac-sha256", "hmac-sha384", "hmac-sha512", "ed25519", "ecdsa-p256-sha256", "rsa-pkcs1-sha256"]
    | None = None,
    public_key: str | None = None,
    nonce_mode: Literal["time", "counter"] | None = None,
) -> Call[shapes.KeyWithSecret]:
    """A new secret; the old one ends with its overlap."""
    return Call(
        "key.rotate",
        {"key": key, "overlap": overlap, "algorithm": algorithm, "public_key": public_key, "nonce_mode": nonce_mode},
    )


def key_roll_back(
    key: str,
) -> Call[shapes.Key]:
    """Back to the secret before."""
    return Call("key.roll-back", {"key": key})


def key_pause(
    key: str,
) -> Call[shapes.Key]:
    """Pause a key."""
    return Call("key.pause", {"key": key})


def key_resume(
    key: str,
) -> Call[shapes.Key]:
    """Let a paused key work again."""
    return Call("key.resume", {"key": key})


def key_lock(
    key: str,
    *,
    hold: Literal["operator", "leak"] | None = None,
) -> Call[shapes.Key]:
    """The house stops a key."""
    return Call("key.lock", {"key": key, "hold": hold})


def key_unlock(
    key: str,
    *,
    hold: Literal["operator", "leak"] | None = None,
) -> Call[shapes.Key]:
    """The house lets a key go again."""
    return Call("key.unlock", {"key": key, "hold": hold})


def key_can(
    key: str,
    *,
    action: str,
    pair: str | None = None,
    side: Literal["buy", "sell"] | None = None,
    amount: str | None = None,
    price: str | None = None,
    quote: str | None = None,
    to: str | None = None,
    asset: str | None = None,
    tag: str | None = None,
    from_: str | None = None,
    at: str | None = None,
) -> Call[shapes.Can]:
    """Whether a key could do something now."""
    return Call(
        "key.can",
        {
            "key": key,
            "action": action,
            "pair": pair,
            "side": side,
            "amount": amount,
            "price": price,
            "quote": quote,
            "to": to,
            "asset": asset,
            "tag": tag,
            "from": from_,
            "at": at,
        },
    )


def confirmation_show(
    confirmation: str,
) -> Call[shapes.Confirmation]:
    """What waits for your second factor."""
    return Call("confirmation.show", {"confirmation": confirmation})


def confirmation_answer(
    confirmation: str,
    *,
    answer: shapes.Answer,
) -> Call[shapes.Confirmation]:
    """Confirm it."""
    return Call("confirmation.answer", {"confirmation": confirmation, "answer": answer})


def approval_list(
    *,
    before: str | None = None,
    most: int | None = None,
) -> Call[shapes.Approvals]:
    """What waits for a second person."""
    return Call("approval.list", {"before": before, "most": most})


def approval_show(
    approval: str,
) -> Call[shapes.Approval]:
    """One of them."""
    return Call("approval.show", {"approval": approval})


def approval_approve(
    approval: str,
) -> Call[shapes.Outcome]:
    """Approve it."""
    return Call("approval.approve", {"approval": approval})


def approval_refuse(
    approval: str,
) -> Call[shapes.Approval]:
    """Refuse it."""
    return Call("approval.refuse", {"approval": approval})


def approval_withdraw(
    approval: str,
) -> Call[shapes.Approval]:
    """Withdraw it."""
    return Call("approval.withdraw", {"approval": approval})


def approval_break_glass(
    approval: str,
    *,
    reason: str,
) -> Call[shapes.Outcome]:
    """Do it without a second person."""
    return Call("approval.break-glass", {"approval": approval, "reason": reason})


def activity_list(
    *,
    key: str | None = None,
    account: str | None = None,
    verdict: Literal["admitted", "denied", "observed"] | None = None,
    reason: str | None = None,
    action: str | None = None,
    pair: str | None = None,
    address: str | None = None,
    since: str | None = None,
    until: str | None = None,
    request_id: str | None = None,
    after: int | None = None,
    before: int | None = None,
    most: int | None = None,
) -> Call[shapes.Activity]:
    """What keys did."""
    return Call(
        "activity.list",
        {
            "key": key,
            "account": account,
            "verdict": verdict,
            "reason": reason,
            "action": action,
            "pair": pair,
            "address": address,
            "since": since,
            "until": until,
            "request_id": request_id,
            "after": after,
            "before": before,
            "most": most,
        },
    )


def activity_chart(
    *,
    over: Literal["hour", "day", "week", "year"] | None = None,
    by: Literal["dialect", "action", "reason", "key", "block", "client"] | None = None,
    key: str | None = None,
    account: str | None = None,
    strangers: bool | None = None,
) -> Call[shapes.Chart]:
    """How much, over time."""
    return Call("activity.chart", {"over": over, "by": by, "key": key, "account": account, "strangers": strangers})


def key_explain_record(
    request_id: str,
) -> Call[shapes.Explained]:
    """Why it was refused."""
    return Call("key.explain-record", {"request_id": request_id})


def key_nonces(
    key: str,
) -> Call[shapes.Nonces]:
    """Where its nonces stand."""
    return Call("key.nonces", {"key": key})


def key_reset_nonces(
    key: str,
) -> Call[shapes.Nonces]:
    """Bring its marks down."""
    return Call("key.reset-nonces", {"key": key})


def journal_list(
    *,
    account: str | None = None,
    before: int | None = None,
    most: int | None = None,
) -> Call[shapes.Entries]:
    """Entries of the journal."""
    return Call("journal.list", {"account": account, "before": before, "most": most})


def house_show() -> Call[shapes.House]:
    """The house's rules."""
    return Call("house.show", {})


def house_edit(
    *,
    rules: shapes.RulesGiven,
) -> Call[shapes.House]:
    """Change the house's rules."""
    return Call("house.edit", {"rules": rules})


def freeze(
    *,
    key: str | None = None,
    account: str | None = None,
    everything: bool | None = None,
) -> Call[shapes.Frozen]:
    """Stop a key, an account or everything."""
    return Call("freeze", {"key": key, "account": account, "everything": everything})


def thaw(
    *,
    key: str | None = None,
    account: str | None = None,
    everything: bool | None = None,
) -> Call[shapes.Thawed]:
    """Let it go again."""
    return Call("thaw", {"key": key, "account": account, "everything": everything})


def house_preview(
    *,
    rules: shapes.RulesGiven,
    after: str | None = None,
    most: int | None = None,
) -> Call[shapes.Preview]:
    """What other rules would change."""
    return Call("house.preview", {"rules": rules, "after": after, "most": most})


def key_bulk(
    *,
    step: Literal["pause", "lock", "revoke"],
    dry_run: bool | None = None,
    digest: str | None = None,
    account: str | None = None,
    label: str | None = None,
    dialect: str | None = None,
    permission: str | None = None,
    unused_for: str | None = None,
    never_expires: bool | None = None,
    anywhere: bool | None = None,
) -> Call[shapes.Bulk]:
    """One step over many keys."""
    return Call(
        "key.bulk",
        {
            "step": step,
            "dry_run": dry_run,
            "digest": digest,
            "account": account,
            "label": label,
            "dialect": dialect,
            "permission": permission,
            "unused_for": unused_for,
            "never_expires": never_expires,
            "anywhere": anywhere,
        },
    )
