"""One client's connection: bytes from the reader to the handler, and its answer back.

Requests are answered strictly one after another; while one is being answered nothing more is read.
A handler that answers at once is answered within the same turn of the loop, without a task. A reply that is still
coming goes on as it comes (see `outflow`).

A connection ends in one of two ways: without a word, when nothing is under way; or after a last
reply, by closing our half and throwing away, for a moment, what still arrives. Closing outright
would let the kernel answer those bytes with a reset, and the client would lose the reply that says why.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from enum import Enum, auto
from typing import Final, cast

from bitting.domain.network import block_of
from bitting.domain.request import Reply, Request, Rest
from bitting.web.http.deadlines import NEVER
from bitting.web.http.errors import Rejected
from bitting.web.http.face import Face
from bitting.web.http.outflow import Outflow
from bitting.web.http.peer import NO_ADDRESS, client_address, socket_address
from bitting.web.http.reader import RequestReader
from bitting.web.http.writer import reply_bytes

# Requests of one client answered in one turn of the loop, before the others have theirs.
BURST: Final = 32
_RESET: Final = struct.pack("ii", 1, 0)  # linger for no time: what was written and has not arrived is forgotten


class Stage(Enum):
    """Where a connection is; each but ANSWERING has a deadline."""

    IDLE = auto()  # no byte of a request yet
    HEAD = auto()
    BODY = auto()
    ANSWERING = auto()  # the handler has the request; its own time limits bound it
    FLOWING = auto()  # a long reply is on its way; its deadline is the upstream's, or the client's when that is slow
    WRITING = auto()  # the client does not take its reply
    LEAVING = auto()  # the last reply is written; what arrives is thrown away


class Connection(asyncio.Protocol):
    """asyncio calls the methods of `Protocol`; `Deadlines` calls `expire`; the server calls `drain`."""

    _transport: asyncio.Transport
    _reader: RequestReader
    _forwarded: bool  # the peer is a trusted proxy, and tells whom it speaks for

    def __init__(self, face: Face, client: int | None = None) -> None:
        """`client` is the address that a proxy has introduced; without it the socket says it."""
        self._face = face
        self._introduced = client
        self._stage = Stage.IDLE
        self.deadline = NEVER
        self._block: int | None = None  # the counter this connection stands in
        self._paused = False  # we do not read
        self._stuck = False  # the client does not
        self._outflow: Outflow | None = None  # the reply that is on its way
        self._flowing = False  # the last reply was a long one, of which some may still have to leave
        self._ended = False  # the client has closed its half

    # ---- coming and going

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        face, limits = self._face, self._face.limits
        peer = self._introduced
        if peer is None:
            peer = socket_address(transport.get_extra_info("peername"))
        if peer is None or face.draining:  # gone again already, or accepted just before we stopped listening
            self._transport.abort()
            return
        self._reader = RequestReader(limits, peer)
        full = len(face.deadlines.watched) >= limits.connections
        self._forwarded = face.trusted.admits(peer)
        if peer != NO_ADDRESS and not self._forwarded:
            self._block = block_of(peer)
            face.per_block[self._block] += 1
            full = full or face.per_block[self._block] > limits.connections_per_peer
        face.deadlines.watched.add(self)
        self.deadline = face.deadlines.now + limits.head_s
        if full:  # no lingering here: whoever comes in a crowd must not keep its place by being refused
            self._transport.write(face.rejection(Rejected(503, "too many connections")))
            self._close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The answer under way, if there is one, runs on to its end: its deed may be half done. What was still to come
        of its reply is not fetched."""
        self._stage = Stage.LEAVING
        self._drop()
        face = self._face
        face.deadlines.watched.discard(self)
        if self._block is not None:
            face.per_block[self._block] -= 1
            if not face.per_block[self._block]:
                del face.per_block[self._block]
        face.check_drained()

    def drain(self) -> None:
        """Close if nothing is under way; otherwise the next reply will be the last."""
        if self._stage is Stage.IDLE:
            self._close()

    def abort(self) -> None:
        """Cut off, whatever is under way."""
        self._cut()

    def expire(self) -> None:
        """The deadline has passed."""
        if self._stage is Stage.IDLE:
            self._close()
        elif self._stage is Stage.HEAD or self._stage is Stage.BODY:
            self._reject(Rejected(408, "the request took too long to arrive"))
        else:
            self._cut()

    # ---- reading

    def data_received(self, data: bytes) -> None:
        stage = self._stage
        if stage is Stage.LEAVING:
            return
        self._reader.feed(data)
        if stage is Stage.ANSWERING or stage is Stage.WRITING or stage is Stage.FLOWING:
            self._pause()
        else:
            self._advance()

    def eof_received(self) -> bool:
        """Answer what has come whole before leaving."""
        self._ended = True
        if self._stage is Stage.LEAVING:
            return False
        if self._stage not in (Stage.ANSWERING, Stage.WRITING, Stage.FLOWING):
            self._advance()
        return True

    def _advance(self) -> None:
        """Answer the requests that have come whole, in their order."""
        for _ in range(BURST):
            try:
                request = self._reader.next()
                if request is None:
                    self._wait()
                    return
                if self._forwarded:
                    client = client_address(request.headers, request.peer, self._face.trusted)
                    request = request._replace(peer=client)
            except Rejected as rejected:
                self._reject(rejected)
                return
            if not self._answer(request):
                return
        self._stage, self.deadline = Stage.ANSWERING, NEVER
        self._pause()
        asyncio.get_running_loop().call_soon(self._resume)

    def _wait(self) -> None:
        """More bytes are needed: note until when. A deadline, once set, is not moved by a trickle of bytes."""
        face, reader = self._face, self._reader
        if reader.empty:
            self._stage, self.deadline = Stage.IDLE, face.deadlines.now + face.limits.idle_s
            if self._ended or face.draining:
                self._close()
        elif self._ended:
            self._reject(Rejected(400, "the request ends before its end"))
        elif reader.in_body:
            if self._stage is not Stage.BODY:
                self._stage, self.deadline = Stage.BODY, face.deadlines.now + face.limits.body_s
        elif self._stage is not Stage.HEAD:
            self._stage, self.deadline = Stage.HEAD, face.deadlines.now + face.limits.head_s

    def _pause(self) -> None:
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        """Go on after an answer that took its time."""
        if self._stage is Stage.LEAVING or self._transport.is_closing():
            return
        self._stage = Stage.IDLE
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        self._advance()

    # ---- answering

    def _answer(self, request: Request) -> bool:
        """Hand the request over; whether the next one may follow at once."""
        self._stage, self.deadline = Stage.ANSWERING, NEVER
        to_head = request.method == b"HEAD"
        try:
            answer = self._face.handler(request)
            task = None if isinstance(answer, Reply) else asyncio.ensure_future(answer)
        except Exception as error:  # noqa: BLE001  # whatever it is, this client gets 500 and the others live on
            self._fail(error)
            return False
        if task is None:
            return self._send(cast(Reply, answer), to_head)
        self._face.tasks.add(task)
        task.add_done_callback(lambda done: self._answered(done, to_head))
        return False

    def _answered(self, task: asyncio.Future[Reply], to_head: bool) -> None:
        self._face.tasks.discard(task)
        self._face.check_drained()
        if task.cancelled():
            self._cut()
            return
        error = task.exception()
        if error is not None:
            self._fail(error)
        elif self._stage is not Stage.LEAVING:
            if self._send(task.result(), to_head):
                self._resume()
        elif (rest := task.result().rest) is not None:
            rest.drop()

    def _send(self, reply: Reply, to_head: bool) -> bool:
        """Write the reply; whether the next request may follow at once."""
        reader, transport = self._reader, self._transport
        last = not reader.keep_alive or self._face.draining
        try:
            data = reply_bytes(reply, to_head=to_head, close=last, chunks=reader.knows_chunks)
        except (TypeError, ValueError) as error:
            if isinstance(reply, Reply) and reply.rest is not None:
                reply.rest.drop()
            self._fail(error)
            return False
        rest = reply.rest
        self._flowing = rest is not None
        if transport.is_closing():  # and we have not been told yet
            if rest is not None:
                rest.drop()
            return False
        if rest is not None:
            self._flow(data, rest, last=last)
            return False
        transport.write(data)
        return self._sent(last=last)

    def _flow(self, beginning: bytes, rest: Rest, *, last: bool) -> None:
        """Write the beginning of a long reply, and then what comes."""
        transport, self._stage = self._transport, Stage.FLOWING
        in_chunks = rest.length is None and self._reader.knows_chunks
        outflow = Outflow(transport, rest, in_chunks=in_chunks, done=lambda whole: self._flowed(last, whole))
        self._outflow = outflow
        transport.set_write_buffer_limits(self._face.limits.flow_bytes)
        transport.write(beginning)
        rest.pour(outflow)
        if self._stuck and self._outflow is outflow:
            rest.pause()

    def _flowed(self, last: bool, whole: bool) -> None:
        """A long reply has gone out, or has broken off and must not look whole."""
        self._outflow = None
        if not whole or self._transport.is_closing():
            self._cut()
            return
        self._transport.set_write_buffer_limits()
        if self._sent(last=last or self._face.draining):
            self._resume()

    def _sent(self, *, last: bool) -> bool:
        """A reply is written; whether the next request may follow at once."""
        if last:
            self._leave()
        elif self._stuck:
            self._stage, self.deadline = Stage.WRITING, self._face.deadlines.now + self._face.limits.reply_s
        else:
            return True
        return False

    def _fail(self, error: BaseException) -> None:
        self._face.on_error(error)
        self._reject(Rejected(500, "internal error"))

    def _reject(self, rejected: Rejected) -> None:
        """Say why, and leave: where a request could not be read, nothing behind it can be either."""
        rejection = self._face.rejection(rejected)
        if self._stage is not Stage.LEAVING:
            self._transport.write(rejection)
            self._leave()

    def _leave(self) -> None:
        """Close our half, and the whole when the client has closed its own or the moment is over."""
        if self._ended or self._transport.is_closing():
            self._close()
            return
        self._stage, self.deadline = Stage.LEAVING, self._last_moment()
        try:
            self._transport.write_eof()
        except OSError:  # reset by the client, and the loop has not heard of it yet
            self._transport.abort()
            return
        if self._paused:
            self._paused = False
            self._transport.resume_reading()

    def _close(self) -> None:
        """Close as soon as what is written has left."""
        self._stage, self.deadline = Stage.LEAVING, self._last_moment()
        self._transport.close()

    def _drop(self) -> None:
        """What was still to come of a reply is not wanted any more."""
        outflow, self._outflow = self._outflow, None
        if outflow is not None:
            outflow.rest.drop()

    def _cut(self) -> None:
        """Drop the connection. Where a long reply is on its way it is reset: to close it would be the reply's end, if
        that has no other (HTTP/1.0)."""
        self._drop()
        wire = self._transport.get_extra_info("socket")
        if self._flowing and wire is not None and not self._transport.is_closing():
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()

    def _last_moment(self) -> float:
        limits = self._face.limits
        return self._face.deadlines.now + (limits.reply_s if self._stuck else limits.linger_s)

    def pause_writing(self) -> None:
        self._stuck = True
        if self._outflow is not None:
            self.deadline = self._face.deadlines.now + self._face.limits.reply_s
            self._outflow.rest.pause()

    def resume_writing(self) -> None:
        self._stuck = False
        if self._outflow is not None:
            self.deadline = NEVER
            self._outflow.rest.resume()
        elif self._stage is Stage.WRITING:
            self._resume()
