#!/usr/bin/env python3
"""A client of the PageSwarm transport, written from docs/protocol.md alone with nothing but the standard library.

    swarm_client.py --key KEY list  TRACKER_HOST:PORT
    swarm_client.py --key KEY piece TRACKER_HOST:PORT DOCUMENT_ID INDEX

`list` prints one JSON line per document of the catalog. `piece` asks the tracker for the hosts of the document, fetches
one piece from the first that has it, and prints its place, size and SHA-256 as JSON. Errors go to stderr with their code.
"""
import argparse
import hashlib
import hmac
import json
import os
import socket
import struct
import sys

HELLO, PROOF, READY, REQUEST, EVENT, RESPONSE, HEAD, DATA, END, ERROR, CANCEL, CREDIT, PING, PONG, GO_AWAY = range(1, 16)
FLAG_END = 1
HEADER = struct.Struct(">IBBHII")
PREFACE = b"PGSW" + struct.pack(">HH", 1, 1)
WINDOW = 256 * 1024
MAX_JSON = 1024 * 1024
MAX_DATA = 64 * 1024


class SwarmError(Exception):
    def __init__(self, code, detail):
        super().__init__(f"{code}: {detail}")
        self.code = code


def frame(kind, payload=b"", flags=0, stream=0, auxiliary=0):
    return HEADER.pack(len(payload), kind, flags, 0, stream, auxiliary) + payload


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


class Connection:
    """One connection, one request at a time."""

    def __init__(self, address, key=None, timeout=10):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host.strip("[]"), int(port)), timeout)
        self.input = self.socket.makefile("rb")
        self.next_stream = 1
        self.remote = self.shake_hands(key)

    def close(self):
        self.socket.close()

    def shake_hands(self, key):
        hello = compact({
            "nonce": os.urandom(32).hex(),
            "authentication": "none" if key is None else "swarm-key",
            "features": [],
            "limits": {"streamWindowBytes": WINDOW, "maxStreams": 1, "maxJsonBytes": MAX_JSON, "maxDataBytes": MAX_DATA},
        })
        own = PREFACE + frame(HELLO, hello)
        self.socket.sendall(own)
        preface = self.exactly(8)
        if preface[:4] != b"PGSW":
            raise SwarmError("HANDSHAKE_FAILED", "the other end does not speak this protocol")
        lowest, highest = struct.unpack(">HH", preface[4:])
        if not lowest <= 1 <= highest:
            raise SwarmError("PROTOCOL_VERSION", f"the other end speaks versions {lowest} to {highest}")
        payload = self.expect(HELLO)
        theirs = preface + frame(HELLO, payload)
        if key is not None:
            def proof(side):
                return hmac.new(key.encode(), f"pageswarm 1 {side}\n".encode() + own + theirs, hashlib.sha256).digest()
            self.socket.sendall(frame(PROOF, proof("connector")))
            if not hmac.compare_digest(self.expect(PROOF), proof("acceptor")):
                raise SwarmError("HANDSHAKE_FAILED", "the other end does not know the key")
        remote = json.loads(self.expect(READY))
        self.socket.sendall(frame(READY, compact({"peerId": os.urandom(20).hex(), "role": "tool"})))
        return remote

    def exactly(self, count):
        data = self.input.read(count)
        if len(data) < count:
            raise SwarmError("CONNECTION_LOST", "the other end closed the connection")
        return data

    def read(self):
        """The next frame that is not about the connection itself."""
        while True:
            length, kind, flags, _, stream, auxiliary = HEADER.unpack(self.exactly(16))
            if length > (MAX_DATA if kind == DATA else MAX_JSON):
                raise SwarmError("FRAME_TOO_LARGE", f"a frame of {length} bytes")
            payload = self.exactly(length)
            if kind == PING:
                self.socket.sendall(frame(PONG, auxiliary=auxiliary))
            elif kind == GO_AWAY:
                error = json.loads(payload)
                raise SwarmError(error["code"], error["detail"])
            else:
                return kind, flags, stream, payload

    def expect(self, wanted):
        kind, _, _, payload = self.read()
        if kind != wanted:
            raise SwarmError("PROTOCOL_ERROR", f"expected a frame of type {wanted}, got {kind}")
        return payload

    def ask(self, pattern, data, limit_ms=10_000):
        """Yields ("value", v), ("head", h) and ("bytes", b) until the answer is complete."""
        stream = self.next_stream
        self.next_stream += 2
        self.socket.sendall(frame(REQUEST, compact({"pattern": pattern, "data": data}), stream=stream, auxiliary=limit_ms))
        taken = 0
        while True:
            kind, flags, of_stream, payload = self.read()
            if of_stream != stream:
                continue
            is_end = kind == END or bool(flags & FLAG_END)
            if kind == ERROR:
                error = json.loads(payload)
                raise SwarmError(error["code"], error["detail"])
            if kind == RESPONSE and (payload or not is_end):
                yield "value", json.loads(payload) if payload else None
            elif kind == HEAD:
                yield "head", json.loads(payload) if payload else None
            elif kind == DATA and payload:
                yield "bytes", payload
            if is_end:
                return
            if kind in (RESPONSE, DATA):
                taken += 16 + len(payload)
                if taken * 2 >= WINDOW:
                    self.socket.sendall(frame(CREDIT, stream=stream, auxiliary=taken))
                    taken = 0

    def request(self, pattern, data):
        return next((value for kind, value in self.ask(pattern, data) if kind == "value"), None)


def list_catalog(arguments):
    tracker = Connection(arguments.tracker, arguments.key)
    cursor = None
    while True:
        query = {"query": "", "limit": 50, **({"cursor": cursor} if cursor else {})}
        cursor = None
        for _, item in tracker.ask("catalog.search", query):
            if "document" in item:
                document = item["document"]
                print(json.dumps({name: document[name] for name in ("id", "name", "size", "pages")}))
            cursor = item.get("nextCursor") or cursor
        if not cursor:
            return


def fetch_piece(arguments):
    tracker = Connection(arguments.tracker, arguments.key)
    hosts = tracker.request("catalog.hosts", {"id": arguments.document})["hosts"]
    for host in hosts:
        peer = Connection(host["address"], arguments.key)
        have = peer.request("pieces.have", {"id": arguments.document})
        if not any(first <= arguments.index < first + count for first, count in have["pieces"]):
            continue
        content = b""
        for kind, value in peer.ask("pieces.get", {"id": arguments.document, "pieces": [[arguments.index, 1]]}):
            content += value if kind == "bytes" else b""
        offset = arguments.index * have["pieceLength"]
        if len(content) != min(have["pieceLength"], have["size"] - offset):
            raise SwarmError("PIECE_CORRUPT", f"got {len(content)} bytes")
        print(json.dumps({"host": peer.remote["peerId"], "offset": offset, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}))
        return
    raise SwarmError("NO_HOSTS", "no host has this piece")


def main():
    parser = argparse.ArgumentParser(description="Lists the catalog of a PageSwarm tracker and fetches pieces.")
    parser.add_argument("--key")
    commands = parser.add_subparsers(required=True)
    listing = commands.add_parser("list")
    listing.set_defaults(run=list_catalog)
    piece = commands.add_parser("piece")
    piece.set_defaults(run=fetch_piece)
    for command in (listing, piece):
        command.add_argument("tracker")
    piece.add_argument("document")
    piece.add_argument("index", type=int)
    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except SwarmError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"CONNECTION_REFUSED: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
