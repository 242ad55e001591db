"""What PyTorch says of random-weight checkpoints of the families that may teach: writes hugging_face.json.

    pip install torch transformers tokenizers
    python trainer/tests/command_line/hugging_face.py

The weights are a function of their place (`value`), which hugging_face.rs repeats: so the file holds configurations, names,
shapes and logits, and no weights.
"""

import json
from pathlib import Path

import numpy as np
import tokenizers
import torch
import transformers as hf

WORDS = (
    "shares stock the of company today soar rally plunge crash meets opens up down profit loss bank oil gold rate "
    "cut rise fall buy sell hold"
).split()
# The special tokens where RoBERTa has them: there the id of the padding counts.
VOCABULARY = ["[CLS]", "[PAD]", "[SEP]", "[UNK]", *WORDS]
TEXTS = [
    "up",
    "shares of the bank fall today",
    "the company opens up and the stock soar",
    "oil down gold up rate cut",
    "buy the stock sell the oil hold the gold",
    " ".join(WORDS),
]
POSITIONS = 20
# In the order of their ids.
LABELS = ["negative", "neutral", "positive"]


def value(tensor: int, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Values in [-1, 1) that look random, around 1 where a norm scales: a multiplicative hash of tensor and element."""
    with np.errstate(over="ignore"):
        x = np.arange(int(np.prod(shape)), dtype=np.uint32) + np.uint32(tensor * 1_000_003)
        for factor, shift in ((2_654_435_761, 15), (2_246_822_519, 13), (3_266_489_917, 16)):
            x = x * np.uint32(factor)
            x = x ^ (x >> np.uint32(shift))
    values = (x >> np.uint32(8)).astype(np.float32) / np.float32(1 << 23) - np.float32(1)
    is_scale = "norm" in name.lower() and name.endswith("weight")
    return (values + np.float32(1) if is_scale else values).reshape(shape)


def tokenizer_json() -> dict:
    special = lambda token: {"SpecialToken": {"id": token, "type_id": 0}}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [
            {"id": at, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
             "special": True}
            for at, token in enumerate(VOCABULARY[:4])
        ],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [special("[CLS]"), {"Sequence": {"id": "A", "type_id": 0}}, special("[SEP]")],
            "pair": [],
            "special_tokens": {t: {"id": t, "ids": [VOCABULARY.index(t)], "tokens": [t]} for t in ("[CLS]", "[SEP]")},
        },
        "decoder": None,
        "model": {"type": "WordLevel", "unk_token": "[UNK]", "vocab": {w: at for at, w in enumerate(VOCABULARY)}},
    }


SIZES = {
    "vocab_size": len(VOCABULARY), "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2,
    "intermediate_size": 24, "max_position_embeddings": POSITIONS, "pad_token_id": 1,
    "bos_token_id": 0, "cls_token_id": 0, "eos_token_id": 2, "sep_token_id": 2,
    "id2label": dict(enumerate(LABELS)), "label2id": {label: at for at, label in enumerate(LABELS)},
}
# As in microsoft/deberta-v3-base, but for the sizes.
DEBERTA = {
    "relative_attention": True, "max_relative_positions": -1, "position_buckets": 6, "norm_rel_ebd": "layer_norm",
    "share_att_key": True, "pos_att_type": ["p2c", "c2p"], "position_biased_input": False, "type_vocab_size": 0,
}
MODERN = {"global_attn_every_n_layers": 2, "local_attention": 6}
FAMILIES = {
    "bert": (hf.BertConfig, hf.BertForSequenceClassification, {}),
    "distilbert": (
        hf.DistilBertConfig, hf.DistilBertForSequenceClassification,
        {"dim": 16, "n_layers": 3, "n_heads": 2, "hidden_dim": 24},
    ),
    "roberta": (hf.RobertaConfig, hf.RobertaForSequenceClassification, {"type_vocab_size": 1}),
    "xlm-roberta": (hf.XLMRobertaConfig, hf.XLMRobertaForSequenceClassification, {"type_vocab_size": 1}),
    "deberta-v2": (hf.DebertaV2Config, hf.DebertaV2ForSequenceClassification, DEBERTA),
    # Keys of their own for the positions, none of them shared.
    "deberta-v2 apart": (
        hf.DebertaV2Config, hf.DebertaV2ForSequenceClassification,
        DEBERTA | {"share_att_key": False, "position_buckets": -1, "type_vocab_size": 2},
    ),
    "modernbert": (hf.ModernBertConfig, hf.ModernBertForSequenceClassification, MODERN),
    "modernbert mean": (
        hf.ModernBertConfig, hf.ModernBertForSequenceClassification, MODERN | {"classifier_pooling": "mean"},
    ),
}


def main() -> None:
    tokenizer = tokenizers.Tokenizer.from_str(json.dumps(tokenizer_json()))
    families = {}
    for name, (config_class, model_class, more) in FAMILIES.items():
        config = config_class(**SIZES, **more)
        model = model_class(config).eval()
        state = model.state_dict()
        names = sorted(state)
        for at, tensor in enumerate(names):
            state[tensor].copy_(torch.from_numpy(value(at, tensor, tuple(state[tensor].shape))))
        # RoBERTa's first position is behind the padding's.
        tokenizer.enable_truncation(POSITIONS - 2 if "roberta" in name else POSITIONS)
        logits = []
        for text in TEXTS:
            ids = torch.tensor([tokenizer.encode(text).ids])
            with torch.no_grad():
                logits.append([round(x, 6) for x in model(input_ids=ids).logits[0].tolist()])
        families[name] = {
            "config": json.loads(config.to_json_string()),
            "tensors": [[tensor, list(state[tensor].shape)] for tensor in names],
            "logits": logits,
        }
    content = {
        "torch": torch.__version__, "transformers": hf.__version__, "texts": TEXTS,
        "tokenizer": tokenizer_json(), "families": families,
    }
    # A line a family: a change of one is seen as such.
    lines = [f" {json.dumps(key)}: {json.dumps(part)}" for key, part in content.items() if key != "families"]
    inner = ",\n".join(f"  {json.dumps(name)}: {json.dumps(family)}" for name, family in families.items())
    lines.append(f' "families": {{\n{inner}\n }}')
    Path(__file__).with_suffix(".json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
