"""The management API: `with Client(url, token) as house: house.do(calls.key_list())`. Needs httpx2."""

from bitting_client.manage import calls, problems, shapes
from bitting_client.manage.call import Call
from bitting_client.manage.client import AsyncClient, Client
from bitting_client.manage.problems import Problem

__all__ = ["AsyncClient", "Call", "Client", "Problem", "calls", "problems", "shapes"]
