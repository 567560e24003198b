"""A deterministic stand-in for the embedder: texts that share words are near each other."""

import hashlib
import re

import numpy as np


class HashingEmbedder:
    model_id = "hashing"
    dimension = 64
    max_tokens = 256

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts):
        self.encoded += list(texts)
        return np.array([self._vector(text) for text in texts], dtype=np.float32).reshape(
            len(texts), self.dimension
        )

    def encode_tokens(self, texts):
        return [np.array([self._vector(word) for word in ["[", *self._words(text), "]"]]) for text in texts]

    def count_tokens(self, texts):
        return [len(re.findall(r"\w{1,4}|[^\w\s]", text)) + 2 for text in texts]

    def token_offsets(self, text):
        return [match.span() for match in re.finditer(r"\w{1,4}|[^\w\s]", text)]

    def _vector(self, text):
        vector = np.full(self.dimension, 1e-3)
        for word in self._words(text):
            digest = hashlib.md5(word.encode()).digest()
            vector[digest[0] % self.dimension] += 1.0 if digest[1] % 2 else -1.0
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    def _words(self, text):
        return re.findall(r"\w+", text.lower())
