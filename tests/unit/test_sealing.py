"""Sealed objects: what opens, what does not, and changing keys."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.folder import FolderStore
from media.objects import ObjectAltered, SealKeyMissing
from media.sealed import SealedStore
from media.sealing import OVERHEAD, Algorithm, BadKeyRing, KeyRing, SealKey
from tests.seals import AES_KEY, AES_RING, BOTH_RING, SM4_KEY, SM4_RING

RINGS = [AES_RING, SM4_RING]
DATA = b"a photo of a card"


@pytest.mark.parametrize("ring", RINGS)
@given(data=st.binary(max_size=100))
@settings(max_examples=50)
def test_what_was_sealed_opens(ring: KeyRing, data: bytes) -> None:
    sealed = ring.seal("a/1", data)
    assert len(sealed) == len(data) + OVERHEAD
    assert ring.open("a/1", sealed) == data
    assert sealed != ring.seal("a/1", data)
    assert len(data) < 8 or data not in sealed


@pytest.mark.parametrize("ring", RINGS)
def test_any_bit_changed_and_it_does_not_open(ring: KeyRing) -> None:
    sealed = ring.seal("a/1", DATA)
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((ObjectAltered, SealKeyMissing)):
            ring.open("a/1", bytes(changed))


@pytest.mark.parametrize("ring", RINGS)
def test_cut_or_lengthened_it_does_not_open(ring: KeyRing) -> None:
    sealed = ring.seal("a/1", DATA)
    for changed in [sealed[:size] for size in range(len(sealed))] + [sealed + b"\0"]:
        with pytest.raises(ObjectAltered):
            ring.open("a/1", changed)


def test_under_another_name_it_does_not_open() -> None:
    with pytest.raises(ObjectAltered):
        AES_RING.open("a/2", AES_RING.seal("a/1", DATA))


def test_with_another_secret_it_does_not_open() -> None:
    other = KeyRing([SealKey(1, Algorithm.AES_256_GCM, bytes(32))])
    with pytest.raises(ObjectAltered):
        other.open("a/1", AES_RING.seal("a/1", DATA))


def test_without_its_key_it_says_which() -> None:
    with pytest.raises(SealKeyMissing, match="key 2,"):
        AES_RING.open("a/1", SM4_RING.seal("a/1", DATA))


def test_the_newest_key_seals_and_all_open() -> None:
    old, new = AES_RING.seal("a/1", DATA), BOTH_RING.seal("a/1", DATA)
    assert (BOTH_RING.is_newest(old), BOTH_RING.is_newest(new)) == (False, True)
    assert BOTH_RING.open("a/1", old) == BOTH_RING.open("a/1", new) == DATA
    assert SM4_RING.open("a/1", new) == DATA


@pytest.mark.parametrize(
    ("number", "algorithm", "size"),
    [
        (0, Algorithm.AES_256_GCM, 32),
        (2**32, Algorithm.AES_256_GCM, 32),
        (1, Algorithm.AES_256_GCM, 16),
        (1, Algorithm.SM4_GCM, 32),
        (1, Algorithm.SM4_GCM, 0),
    ],
)
def test_bad_keys(number: int, algorithm: Algorithm, size: int) -> None:
    with pytest.raises(BadKeyRing):
        SealKey(number, algorithm, bytes(size))


def test_bad_rings() -> None:
    with pytest.raises(BadKeyRing, match="must be a key"):
        KeyRing([])
    with pytest.raises(BadKeyRing, match="same id"):
        KeyRing([AES_KEY, SealKey(1, Algorithm.SM4_GCM, bytes(16))])


def test_no_secret_is_shown() -> None:
    assert "secret" not in repr(SM4_KEY)


async def test_resealing_an_object(tmp_path: Path) -> None:
    bare = FolderStore(tmp_path)
    await SealedStore(bare, AES_RING).put("a/1", DATA)
    both = SealedStore(bare, BOTH_RING)
    assert await both.reseal("a/1") is True
    assert await both.reseal("a/1") is False
    assert await SealedStore(bare, SM4_RING).get("a/1") == DATA


async def test_what_lies_there_unsealed_or_swapped_does_not_come_out(tmp_path: Path) -> None:
    bare = FolderStore(tmp_path)
    store = SealedStore(bare, AES_RING)
    await bare.put("short", b"1")
    await bare.put("long", bytes(100))
    await store.put("one", b"1")
    await bare.put("other", await bare.get("one"))
    for key in ("short", "long", "other"):
        with pytest.raises(ObjectAltered):
            await store.get(key)
    with pytest.raises(ObjectAltered):
        await store.size("short")
