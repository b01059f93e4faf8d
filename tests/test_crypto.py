"""Both cipher suites: sealing, tampering, wrapping, rotation, and the blind index."""

from pathlib import Path

import pytest

from app import crypto
from app.crypto import SUITES, Tampered, chain_hash, load_keyring


@pytest.mark.parametrize("name", SUITES)
def test_a_secret_opens_only_with_its_key_and_in_its_place(name: str) -> None:
    suite = SUITES[name]
    key = b"k" * suite.key_bytes
    sealed = suite.seal(key, "家庭情况".encode(), b"case:1/2")
    assert suite.open(key, sealed, b"case:1/2").decode() == "家庭情况"
    for other_key, other, place in (
        (b"x" * suite.key_bytes, sealed, b"case:1/2"),
        (key, sealed, b"case:1/3"),
        (key, sealed[:-1] + bytes([sealed[-1] ^ 1]), b"case:1/2"),
    ):
        with pytest.raises(Tampered):
            suite.open(other_key, other, place)


def test_known_answers_of_the_hashes() -> None:
    # "abc" of GB/T 32905-2016 and FIPS 180-4.
    assert SUITES["gm"].digest(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert SUITES["intl"].digest(b"abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("name", SUITES)
def test_the_chain_is_over_the_ciphertext(name: str) -> None:
    suite = SUITES[name]
    assert chain_hash(suite, b"p", b"body", b"secret") == suite.digest(b"pbody" + suite.digest(b"secret"))


@pytest.mark.parametrize("name", SUITES)
def test_a_new_master_key_opens_what_the_old_one_wrapped(tmp_path: Path, name: str) -> None:
    path = tmp_path / "keys.json"
    old = load_keyring(path, name)
    key = old.new_data_key()
    master, wrapped = old.wrap(key)
    assert path.stat().st_mode & 0o777 == 0o600
    assert crypto.add_master(path) == "k2"
    new = load_keyring(path, name)
    assert new.unwrap(1, master, wrapped) == key
    assert new.wrap(key)[0] == "k2"
    assert new.blind("x") == old.blind("x") != new.blind("y")


def test_a_destroyed_key_is_said_to_be_destroyed(tmp_path: Path) -> None:
    with pytest.raises(crypto.KeyDestroyed):
        load_keyring(tmp_path / "k", "gm").unwrap(1, "k1", None)
