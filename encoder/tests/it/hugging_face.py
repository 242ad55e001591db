"""Writes hugging_face.json: token ids by Hugging Face's tokenizers, logits by PyTorch, for a model of models/.

    pip install torch transformers gguf
    cargo build --release --workspace --example token_ids
    python encoder/tests/it/hugging_face.py models/minilm-l4-q4_0

The weights are the GGUF file's, unpacked to f32 by ggml's own Python reader, in transformers' BertModel. The steps of
the first models' text normalization are written out again here, on Python's html and re modules, so that the two can
be compared; a text of a model with other steps is normalized by our example token_ids, and its tests hold the steps.
The texts are those of the model's golden.json.
"""

import html
import json
import pathlib
import re
import subprocess
import sys

import gguf
import torch
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

NAMES = [
    ("token_embd_norm.", "embeddings.LayerNorm."),
    ("token_embd.", "embeddings.word_embeddings."),
    ("position_embd.", "embeddings.position_embeddings."),
    ("token_types.", "embeddings.token_type_embeddings."),
    ("attn_output_norm.", "attention.output.LayerNorm."),
    ("layer_output_norm.", "output.LayerNorm."),
    ("attn_q.", "attention.self.query."),
    ("attn_k.", "attention.self.key."),
    ("attn_v.", "attention.self.value."),
    ("attn_output.", "attention.output.dense."),
    ("ffn_up.", "intermediate.dense."),
    ("ffn_down.", "output.dense."),
    ("blk.", "encoder.layer."),
]


LETTERS = "[A-Za-z]{%s}(?![^\\W_])"
CASHTAG = re.compile(rf"(?<![\w$])\${LETTERS % '1,6'}([._-]{LETTERS % '1,2'})?")
STEPS = {
    "decode_html_entities": html.unescape,
    "remove_urls": lambda text: re.sub(r"(?i)(https?://|(?<![0-9A-Za-z])www\.)\S*", "", text),
    "replace_cashtags": lambda text: CASHTAG.sub("stock", text),
    "collapse_whitespace": lambda text: re.sub(r"\s+", " ", text).strip(),
}


def normalize(text, steps):
    for step in steps:
        text = STEPS[step](text)
    return text


def read(folder, texts):
    """What our own code reads of each text: {"text": normalized, "input_ids": [...]}."""
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    command = ["target/release/examples/token_ids", str(folder / "model.gguf")]
    output = subprocess.run(command, input=lines, text=True, capture_output=True, check=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def load(folder):
    reader = gguf.GGUFReader(folder / "model.gguf")
    value = lambda key: reader.get_field(key).contents()
    tensors = {}
    for tensor in reader.tensors:
        name = tensor.name
        for ours, theirs in NAMES:
            name = name.replace(ours, theirs)
        tensors[name] = torch.tensor(gguf.dequantize(tensor.data, tensor.tensor_type), dtype=torch.float32)
    config = BertConfig(
        vocab_size=value("bert.vocab_size"),
        hidden_size=value("bert.embedding_length"),
        num_hidden_layers=value("bert.block_count"),
        num_attention_heads=value("bert.attention.head_count"),
        intermediate_size=value("bert.feed_forward_length"),
        max_position_embeddings=value("bert.context_length"),
        type_vocab_size=value("tokenizer.ggml.token_type_count"),
        layer_norm_eps=value("bert.attention.layer_norm_epsilon"),
    )
    head = tensors.pop("cls.output.weight"), tensors.pop("cls.output.bias")
    # The exit is another head, over the layers below.
    tensors.pop("cls.exit.weight", None), tensors.pop("cls.exit.bias", None)
    model = BertModel(config, add_pooling_layer=False).eval()
    model.load_state_dict(tensors, strict=True)
    path = folder / "tokenizer.json.tmp"
    path.write_text(value("tokenizer.huggingface.json"))
    # `[SEP]` in a text is brackets and letters.
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(path), split_special_tokens=True)
    path.unlink()
    return model, head, tokenizer, config.max_position_embeddings, value("tickertone.normalization")


def main():
    folder = pathlib.Path(sys.argv[1])
    model, (weight, bias), tokenizer, max_tokens, steps = load(folder)
    cases = []
    for case in json.loads((folder / "golden.json").read_text())["cases"]:
        is_known = all(step in STEPS for step in steps)
        text = normalize(case["text"], steps) if is_known else read(folder, [case["text"]])[0]["text"]
        ids = tokenizer(text, truncation=True, max_length=max_tokens)["input_ids"]
        with torch.no_grad():
            hidden = model(input_ids=torch.tensor([ids])).last_hidden_state
            logits = torch.nn.functional.linear(hidden.mean(1), weight, bias)[0]
        cases.append({"text": case["text"], "input_ids": ids, "logits": [round(float(x), 7) for x in logits]})
    golden = {"model": folder.name, "torch": torch.__version__, "cases": cases}
    output = pathlib.Path(__file__).with_suffix(".json")
    output.write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(f"{output.name}: {len(cases)} cases")


if __name__ == "__main__":
    main()
