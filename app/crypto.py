"""Cipher suites, key wrapping and the blind index; all primitives come from `cryptography`.

A *suite* names cipher, hash and keyed hash together: `gm` is SM4-GCM / SM3 / HMAC-SM3, `intl` is AES-256-GCM / SHA-256 /
HMAC-SHA-256. Each event names its suite, so that a setting can change without touching what is written.
"""

import hashlib
import hmac
import json
import os
import secrets
import stat
from base64 import b64decode, b64encode
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives import hmac as hmac_
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.errors import CodedError
from app.files import write_whole

NONCE = 12
TAG = 16


class Tampered(Exception):
    """The ciphertext does not belong to this key and place."""


class KeyDestroyed(Exception):
    """The data key was destroyed by lawful erasure."""


@dataclass(frozen=True)
class Suite:
    """One named set of primitives. `seal` returns nonce ‖ ciphertext ‖ tag."""

    name: str
    key_bytes: int
    seal: Callable[[bytes, bytes, bytes], bytes]
    open: Callable[[bytes, bytes, bytes], bytes]
    digest: Callable[[bytes], bytes]
    mac: Callable[[bytes, bytes], bytes]


def _aes_seal(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def _aes_open(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], bound_to)
    except (InvalidTag, ValueError) as error:
        raise Tampered from error


def _sm4_seal(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    cipher = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    cipher.authenticate_additional_data(bound_to)
    sealed = cipher.update(plain) + cipher.finalize()
    return nonce + sealed + cipher.tag


def _sm4_open(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    try:
        cipher = Cipher(algorithms.SM4(key), modes.GCM(sealed[:NONCE], sealed[-TAG:])).decryptor()
        cipher.authenticate_additional_data(bound_to)
        return cipher.update(sealed[NONCE:-TAG]) + cipher.finalize()
    except (InvalidTag, ValueError) as error:
        raise Tampered from error


def _sm3(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def _sm3_mac(key: bytes, data: bytes) -> bytes:
    mac = hmac_.HMAC(key, hashes.SM3())
    mac.update(data)
    return mac.finalize()


SUITES = {
    "intl": Suite(
        "intl",
        32,
        _aes_seal,
        _aes_open,
        lambda data: hashlib.sha256(data).digest(),
        lambda key, data: hmac.digest(key, data, "sha256"),
    ),
    "gm": Suite("gm", 16, _sm4_seal, _sm4_open, _sm3, _sm3_mac),
}


_BOX = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
"""RFC 9180: what the public pages write, only the main process can read. There is no such box for SM2 in `cryptography`, so
both suites use this one."""


def seal_for(public_key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    """To the holder of the private key (32 bytes, X25519); whoever sealed it cannot open it again."""
    return _BOX.encrypt(plain, X25519PublicKey.from_public_bytes(public_key), bound_to)


def open_sealed(private_key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """Raises Tampered."""
    try:
        return _BOX.decrypt(sealed, X25519PrivateKey.from_private_bytes(private_key), bound_to)
    except (InvalidTag, ValueError) as error:
        raise Tampered from error


def public_of(private_key: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def seal_under(code: bytes, plain: bytes) -> bytes:
    """Under a 128-bit code that only its holder has: what stands in the database tells nothing without it."""
    return _aes_seal(hashlib.sha256(b"answer" + code).digest(), plain, b"answer")


def open_under(code: bytes, sealed: bytes) -> bytes:
    return _aes_open(hashlib.sha256(b"answer" + code).digest(), sealed, b"answer")


def name_of(code: bytes) -> bytes:
    """By what a code is found, without being stored."""
    return hashlib.sha256(b"name" + code).digest()


def chain_hash(suite: Suite, previous: bytes, body: bytes, secret: bytes) -> bytes:
    """H(prev ‖ body ‖ H(secret)): over the ciphertext, so that the chain outlives an erased key."""
    return suite.digest(previous + body + suite.digest(secret))


@dataclass
class Keyring:
    """Master keys by id, the newest first in use; plus the key of the blind index.

    Data keys are wrapped by a master key and unwrapped on demand; a bounded cache keeps the recent ones. `box` is the private
    key for what the public pages hand in.
    """

    suite: Suite
    masters: dict[str, bytes]
    current: str
    index_key: bytes
    index_suite: Suite
    path: Path | None = None
    box: bytes = b""
    _cache: OrderedDict[int, bytes] = field(default_factory=OrderedDict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def new_data_key(self) -> bytes:
        return os.urandom(self.suite.key_bytes)

    def wrap(self, data_key: bytes, suite: Suite | None = None) -> tuple[str, bytes]:
        """(master key id, wrapped key) under the current master key, by the suite the key belongs to."""
        used = suite or self.suite
        return self.current, used.seal(self._kek(self.current, used), data_key, b"data-key")

    def unwrap(self, key_id: int, master: str, wrapped: bytes | None, suite: Suite | None = None) -> bytes:
        """The data key; KeyDestroyed if its wrapping was erased."""
        with self._lock:
            known = self._cache.get(key_id)
            if known is not None:
                self._cache.move_to_end(key_id)
                return known
        if wrapped is None:
            raise KeyDestroyed
        used = suite or self.suite
        key = used.open(self._kek(master, used), wrapped, b"data-key")
        self.remember(key_id, key)
        return key

    def remember(self, key_id: int, key: bytes) -> None:
        with self._lock:
            self._cache[key_id] = key
            while len(self._cache) > 10_000:
                self._cache.popitem(last=False)

    def forget(self, key_id: int) -> None:
        with self._lock:
            self._cache.pop(key_id, None)

    def blind(self, value: str) -> bytes:
        """Keyed hash for exact search (16 bytes): equal values, equal index; nothing else can be learned from it."""
        return self.index_suite.mac(self.index_key, value.encode())[:16]

    def _kek(self, name: str, suite: Suite) -> bytes:
        if name not in self.masters and self.path is not None:
            fresh = read_keyring(self.path, self.suite.name)  # rotated while this process was running
            self.masters, self.current = fresh.masters, fresh.current
        if name not in self.masters:
            raise BadKeyFile("keys.older", self.path or Path())
        return self.masters[name][: suite.key_bytes]


class BadKeyFile(CodedError):
    """The key file cannot be used, or is not this database's. `code` says what is wrong with `path`."""

    def __init__(self, code: str, path: Path) -> None:
        super().__init__(code)
        self.path = path


def load_keyring(path: Path, suite: str) -> Keyring:
    """The keys of this file, made first where there is none: only for what was never encrypted before.

    `suite` is for what is newly written; the blind index keeps the suite it began with.
    """
    if not os.path.lexists(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {"current": "k1", "masters": {"k1": _new()}, "index": _new(), "index_suite": suite, "box": _new()}
        _write(path, content)
    return read_keyring(path, suite)


def read_keyring(path: Path, suite: str) -> Keyring:
    """The keys of an existing file; nothing is ever made or mended. Raises BadKeyFile. `box` is empty in a file from
    before the public pages."""
    stored = _stored(path)
    try:
        masters = {str(name): _key(key) for name, key in stored["masters"].items()}
        current, index = stored["current"], _key(stored["index"])
        # of the day the index began: a changed setting must not blind it
        index_suite = SUITES[stored.get("index_suite", "intl")]
        box = _key(stored["box"]) if "box" in stored else b""
        whole = current in masters and ("check" not in stored or hmac.compare_digest(stored["check"], _check(stored)))
    except (AttributeError, KeyError, TypeError, ValueError):
        whole = False
    if not whole:
        raise BadKeyFile("keys.damaged", path)
    return Keyring(SUITES[suite], masters, current, index, index_suite, path, box)


def add_box(path: Path) -> None:
    """The key for what the public pages hand in, to a file from before there was one."""
    _write(path, {**_stored(path), "box": _new()})


def add_master(path: Path) -> str:
    """Add a master key and make it current; returns its name. Old ones stay until nothing is wrapped by them."""
    stored = _stored(path)
    name = f"k{len(stored['masters']) + 1}"
    _write(path, {**stored, "masters": {**stored["masters"], name: _new()}, "current": name})
    return name


KEY_BYTES = 32
MASTER = "k[0-9]+"
"""How master keys are named."""


def _new() -> str:
    return b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _key(text: str) -> bytes:
    key = b64decode(text, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError
    return key


def _stored(path: Path) -> dict[str, Any]:
    """What stands in the file. One that others may read or write is refused before it is used."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise BadKeyFile("keys.no_file", path)
        if mode & OPEN_TO_ALL:
            raise BadKeyFile("keys.open_to_all", path)
        stored = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise BadKeyFile("keys.missing", path) from None
    except (OSError, ValueError) as error:
        raise BadKeyFile("keys.unreadable" if isinstance(error, OSError) else "keys.damaged", path) from None
    if not isinstance(stored, dict):
        raise BadKeyFile("keys.damaged", path)
    return stored


OPEN_TO_ALL = stat.S_IRWXO | stat.S_IWGRP


def _check(stored: Mapping[str, Any]) -> str:
    """Keyed hash over all parts, by the current master key: a file put together from two, or with one letter changed, is
    seen. Files from before it have none until they are written again."""
    parts = json.dumps({name: stored[name] for name in sorted(stored) if name != "check"}, sort_keys=True)
    return hmac.new(_key(stored["masters"][stored["current"]]), parts.encode(), "sha256").hexdigest()


def _write(path: Path, content: dict[str, Any]) -> None:
    write_whole(path, json.dumps({**content, "check": _check(content)}), 0o600)
