"""The faces and the ways out: HTTP for clients and upstreams, ASGI around an application, the local socket, the market feed."""
