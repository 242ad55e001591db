"""Compares our token ids with Hugging Face's on every text of CSV files with a `text` column.

    pip install torch transformers gguf
    cargo build --release -p classifier --example token_ids
    python classifier/tests/it/compare_token_ids.py models/minilm-l6-q4_0 tweets.csv …

Prints how many texts there were and how many differ; ends with 1 if any does.
"""

import csv
import json
import pathlib
import subprocess
import sys

from hugging_face import load


def main():
    folder = pathlib.Path(sys.argv[1])
    _, _, tokenizer, max_tokens, normalize = load(folder)
    differing = 0
    for path in sys.argv[2:]:
        with open(path, newline="", encoding="utf-8") as file:
            texts = [row["text"] for row in csv.DictReader(file)]
        lines = "".join(json.dumps(text) + "\n" for text in texts)
        command = ["target/release/examples/token_ids", str(folder / "model.gguf")]
        ours = subprocess.run(command, input=lines, text=True, capture_output=True, check=True).stdout.splitlines()
        theirs = tokenizer([normalize(text) for text in texts], truncation=True, max_length=max_tokens)["input_ids"]
        unequal = [text for text, a, b in zip(texts, ours, theirs, strict=True) if json.loads(a) != b]
        differing += len(unequal)
        print(f"{path}: {len(texts)} texts, {len(unequal)} differ")
        for text in unequal[:5]:
            print(f"  {text!r}")
    sys.exit(differing > 0)


if __name__ == "__main__":
    main()
