"""Keys for sealed stores."""

from media.sealing import Algorithm, KeyRing, SealKey

AES_KEY = SealKey(1, Algorithm.AES_256_GCM, bytes(range(32)))
SM4_KEY = SealKey(2, Algorithm.SM4_GCM, bytes(range(16)))
AES_RING = KeyRing([AES_KEY])
SM4_RING = KeyRing([SM4_KEY])
# After a rotation: the newer key seals, both open.
BOTH_RING = KeyRing([AES_KEY, SM4_KEY])
