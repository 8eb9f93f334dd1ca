"""Faces and ways out: HTTP for clients and upstreams, ASGI round an application, the local socket, the market feed."""
