"""A real proxy that stands before the gate and forwards to it: the only one whose word on addresses the gate believes.

Its time limits are short, so that a test that waits for the end of a connection does not wait long.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.system.proxies import Proxy, free_port

ADDRESS: Final = "127.0.0.77"
"""From where the proxy calls the gate."""
TRUSTED: Final = f'[listen]\ntrusted_proxies = ["{ADDRESS}"]\n'

_NGINX: Final = """\
keepalive_timeout 300ms;
keepalive_requests 10000;
client_header_timeout 1s;
client_body_timeout 1s;
lingering_timeout 300ms;
client_max_body_size 2m;
server {{
    listen 127.0.0.1:{port};
    location / {{
        proxy_pass http://127.0.0.1:{gate};
        proxy_bind {address};
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
}}
"""
_ENVOY: Final = """\
static_resources:
  listeners:
    - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": {manager}
                stat_prefix: api
                # Envoy by itself names its own address in place of a client on the loopback.
                use_remote_address: true
                skip_xff_append: true
                normalize_path: false
                merge_slashes: false
                path_with_escaped_slashes_action: KEEP_UNCHANGED
                common_http_protocol_options:
                  idle_timeout: 0.3s
                  headers_with_underscores_action: REJECT_REQUEST
                drain_timeout: 0.1s
                delayed_close_timeout: 0.1s
                request_headers_timeout: 1s
                request_timeout: 1s
                route_config:
                  virtual_hosts:
                    - name: api
                      domains: ["*"]
                      request_headers_to_add:
                        - header: {{key: x-forwarded-for, value: "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%"}}
                          append_action: OVERWRITE_IF_EXISTS_OR_ADD
                      routes:
                        - match: {{prefix: /}}
                          route: {{cluster: gate}}
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
  clusters:
    - name: gate
      upstream_bind_config:
        source_address: {{address: {address}, port_value: 0}}
      load_assignment:
        cluster_name: gate
        endpoints:
          - lb_endpoints:
              - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {gate}}}}}}}
"""
_MANAGER: Final = (
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
)
_TEXTS: Final = {"nginx": _NGINX, "envoy": _ENVOY}
FRONTS: Final = tuple(_TEXTS)


class Front(Proxy):
    """A context manager; `gate` is the port that it forwards to."""

    def __init__(self, kind: str, folder: Path, gate: int) -> None:
        self.kind = kind
        self.port = free_port()
        self.log = folder / f"{kind}.log"
        self._folder = folder
        self._file = folder / f"{kind}.{'conf' if kind == 'nginx' else 'yaml'}"
        self._file.write_text(_TEXTS[kind].format(port=self.port, gate=gate, address=ADDRESS, manager=_MANAGER))
