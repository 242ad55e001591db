"""Writes mpnet.json: logits and a gradient by PyTorch, of transformers' MPNet with the weights of fixture.rs.

    pip install torch transformers
    python encoder/tests/it/mpnet.py

The weights are drawn here as `Numbers` and `tensors` of classifier/tests/it/fixture.rs draw them, so that no file of
weights is needed. What is differentiated is the sum of all logits' squares.
"""

import json
import pathlib

import numpy as np
import torch
from transformers import MPNetConfig, MPNetModel

VOCAB, HIDDEN, LAYERS, HEADS, INNER, POSITIONS, LABELS, BUCKETS = 80, 64, 2, 4, 128, 200, 3, 32
LENGTHS = [6, 3, 41, 190]


class Numbers:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state ^ (self.state << 13)) & 0xFFFFFFFF
        self.state ^= self.state >> 17
        self.state = (self.state ^ (self.state << 5)) & 0xFFFFFFFF
        unit = np.float32(self.state) / np.float32(0xFFFFFFFF)
        return unit * np.float32(2) - np.float32(1)

    def tensor(self, *shape):
        values = [self.next() * np.float32(0.3) for _ in range(int(np.prod(shape)))]
        return torch.tensor(np.array(values, dtype=np.float32).reshape(shape))


def tensors():
    """In the order of `tensor_specs`, by transformers' names."""
    numbers = Numbers(7)
    found = {}

    def norm(name):
        found[name + ".weight"] = numbers.tensor(HIDDEN) + 1
        found[name + ".bias"] = numbers.tensor(HIDDEN)

    found["embeddings.word_embeddings.weight"] = numbers.tensor(VOCAB, HIDDEN)
    positions = numbers.tensor(POSITIONS, HIDDEN)
    # Positions begin with row 2: before them are rows that nobody looks up.
    found["embeddings.position_embeddings.weight"] = torch.cat([torch.full((2, HIDDEN), 9.0), positions])
    found["encoder.relative_attention_bias.weight"] = numbers.tensor(BUCKETS, HEADS)
    norm("embeddings.LayerNorm")
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}."
        linears = [
            ("attention.attn.q", HIDDEN, HIDDEN),
            ("attention.attn.k", HIDDEN, HIDDEN),
            ("attention.attn.v", HIDDEN, HIDDEN),
            ("attention.attn.o", HIDDEN, HIDDEN),
            ("intermediate.dense", INNER, HIDDEN),
            ("output.dense", HIDDEN, INNER),
        ]
        for name, rows, columns in linears:
            found[f"{prefix}{name}.weight"] = numbers.tensor(rows, columns)
            found[f"{prefix}{name}.bias"] = numbers.tensor(rows)
        norm(prefix + "attention.LayerNorm")
        norm(prefix + "output.LayerNorm")
    head = numbers.tensor(LABELS, HIDDEN), numbers.tensor(LABELS)
    return found, head


def main():
    config = MPNetConfig(
        vocab_size=VOCAB,
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
        max_position_embeddings=POSITIONS + 2,
        relative_attention_num_buckets=BUCKETS,
        layer_norm_eps=1e-5,
    )
    model = MPNetModel(config, add_pooling_layer=False).eval()
    weights, (weight, bias) = tensors()
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert not unexpected and all("position_ids" in name for name in missing), (missing, unexpected)
    cases, loss = [], 0
    for length in LENGTHS:
        # Without 1: a padding token has no position.
        ids = [2 + (7 * at + length) % (VOCAB - 2) for at in range(length)]
        hidden = model(input_ids=torch.tensor([ids])).last_hidden_state
        logits = torch.nn.functional.linear(hidden.mean(1), weight, bias)[0]
        loss = loss + (logits**2).sum()
        cases.append({"input_ids": ids, "logits": [round(x, 7) for x in logits.tolist()]})
    loss.backward()
    gradient = model.encoder.relative_attention_bias.weight.grad.flatten()
    golden = {
        "torch": torch.__version__,
        "cases": cases,
        "relative_attention_bias_gradient": [round(x, 7) for x in gradient.tolist()],
    }
    output = pathlib.Path(__file__).with_suffix(".json")
    output.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"{output.name}: {len(cases)} cases")
    buckets = model.encoder.relative_position_bucket(torch.arange(-140, 141), num_buckets=BUCKETS)
    print(buckets.tolist())


if __name__ == "__main__":
    main()
