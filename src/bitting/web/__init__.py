"""The faces and the ways out: HTTP for clients and upstreams, the local socket, the market feed."""
