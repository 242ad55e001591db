//! `prune` on a tiny base with an alphabet: what stays, what it says, and that no text loses a word.

use crate::program::{Folder, text};
use crate::tiny_base;
use candle_core::{DType, Device, Tensor};
use classifier::tokenizer::Tokenizer;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::HashMap;

const WORDS: [&str; 9] = ["shares", "share", "##ed", "soar", "plunge", "crash", "##ing", "株", "straßen"];
const CORPUS: &str = "text,label
shares soar,1
shares plunge today,0
https://example.com/nothing,0
soaring plunge ö 7,2
";

/// The tiny base with letters, `[MASK]`, a character that the corpus lacks, one that has no inner form, and the
/// head of masked-language modelling. Ids of special tokens are not the first ones, as in BERT itself.
fn write_base(folder: &Folder) -> Vec<String> {
    tiny_base::write(folder);
    let mut pieces = vec!["[PAD]".to_owned(), "[unused0]".to_owned()];
    pieces.extend(["[UNK]", "[CLS]", "[SEP]", "[MASK]"].map(str::to_owned));
    for letter in "0123456789abcdefghijklmnopqrstuvwxyzöж$.[]".chars() {
        pieces.extend([letter.to_string(), format!("##{letter}")]);
    }
    pieces.extend(WORDS.map(str::to_owned));
    let id_of = |token: &str| pieces.iter().position(|piece| piece == token).unwrap();
    edit_json(folder, "base/tokenizer.json", |json| {
        json["model"]["vocab"] =
            pieces.iter().enumerate().map(|(id, piece)| (piece.clone(), Value::from(id))).collect();
        json["normalizer"]["strip_accents"] = false.into();
        for token in json["added_tokens"].as_array_mut().unwrap() {
            token["id"] = id_of(token["content"].as_str().unwrap()).into();
        }
        for token in ["[CLS]", "[SEP]"] {
            json["post_processor"]["special_tokens"][token]["ids"] = vec![id_of(token)].into();
        }
    });
    edit_json(folder, "base/config.json", |json| {
        json["vocab_size"] = pieces.len().into();
        json["pad_token_id"] = 0.into();
    });
    folder.write(
        "base/tokenizer_config.json",
        format!(
            r#"{{"do_lower_case": true, "added_tokens_decoder": {{"{}": {{"content": "[MASK]"}}}}}}"#,
            id_of("[MASK]")
        ),
    );
    let path = folder.path("base/model.safetensors");
    let mut tensors = candle_core::safetensors::load(&path, &Device::Cpu).unwrap();
    let rows = |width: usize| {
        Tensor::arange(0f32, (pieces.len() * width) as f32, &Device::Cpu)
            .unwrap()
            .reshape((pieces.len(), width))
            .unwrap()
    };
    tensors.insert("embeddings.word_embeddings.weight".to_owned(), rows(32));
    tensors.insert("cls.predictions.decoder.weight".to_owned(), rows(32));
    tensors.insert("cls.predictions.bias".to_owned(), rows(1).flatten_all().unwrap());
    tensors.insert("embeddings.position_ids".to_owned(), Tensor::arange(0i64, 64, &Device::Cpu).unwrap());
    candle_core::safetensors::save(&tensors, &path).unwrap();
    folder.write("corpus.csv", CORPUS);
    pieces
}

fn edit_json(folder: &Folder, name: &str, edit: impl FnOnce(&mut Value)) {
    let mut json = read_json(folder, name);
    edit(&mut json);
    folder.write(name, json.to_string());
}

fn read_json(folder: &Folder, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.path(name)).unwrap()).unwrap()
}

/// The arguments of a call; those that `more` does not name are the usual ones.
fn arguments<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["prune"];
    for usual in [["--base", "base"], ["--corpus", "corpus.csv"], ["--output", "pruned"]] {
        if !more.contains(&usual[0]) {
            arguments.extend(usual);
        }
    }
    [&arguments, more].concat()
}

/// The pieces of a folder's tokenizer by id.
fn pieces(folder: &Folder, base: &str) -> Vec<String> {
    let json = read_json(folder, &format!("{base}/tokenizer.json"));
    let vocabulary = json["model"]["vocab"].as_object().unwrap();
    let ids: Vec<_> = vocabulary.values().map(|id| id.as_u64().unwrap()).collect();
    assert_eq!(ids, (0..ids.len() as u64).collect::<Vec<_>>(), "ids are numbered in the order of the file");
    vocabulary.keys().cloned().collect()
}

fn tokenizer(folder: &Folder, base: &str) -> Tokenizer {
    Tokenizer::from_json(&std::fs::read_to_string(folder.path(&format!("{base}/tokenizer.json"))).unwrap())
        .unwrap()
}

fn tensors(folder: &Folder, base: &str) -> HashMap<String, Tensor> {
    candle_core::safetensors::load(folder.path(&format!("{base}/model.safetensors")), &Device::Cpu).unwrap()
}

#[test]
fn frequent_pieces_special_tokens_and_alphabet_stay() {
    let folder = Folder::new();
    let base = write_base(&folder);
    let shown = folder.succeeds(&arguments(&[]));
    let pieces = pieces(&folder, "pruned");
    // `plunge` and `shares` are there twice, `soar` once as a word and once in soar-ing.
    let dropped: Vec<_> = base.iter().filter(|piece| !pieces.contains(*piece)).map(String::as_str).collect();
    assert_eq!(dropped, ["[unused0]", "ж", "##ж", "share", "##ed", "crash", "##ing", "株", "straßen"]);
    assert_eq!(pieces[..5], ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]);

    let report = read_json(&folder, "pruned/vocabulary.json");
    assert_eq!(report["pieces"], serde_json::json!({"before": base.len(), "after": pieces.len()}));
    assert_eq!(
        (&report["dropped_characters"], &report["num_dropped_characters"]),
        (&"ßж株".into(), &3.into())
    );
    let corpus = &report["corpora"][0];
    // A row that is only a URL counts nowhere; `today` and soar-ing are spelled by letters afterwards.
    assert_eq!((&corpus["file"], &corpus["texts"]), (&"corpus.csv".into(), &3.into()));
    let tokens = [[2 + 2, 2 + 2 + 5, 2 + 2 + 1 + 2], [2 + 2, 2 + 2 + 5, 2 + 4 + 1 + 2]];
    let mean = tokens.map(|tokens| f64::from(tokens.iter().sum::<i32>()) / 3.0);
    assert_eq!(corpus["mean_tokens"], serde_json::json!({"before": mean[0], "after": mean[1]}));
    assert_eq!(corpus["texts_with_unknown"], serde_json::json!({"before": 0.0, "after": 0.0}));
    assert_eq!(report["table_bytes"]["Q4_0"]["after"], pieces.len() * 18);
    for number in [base.len(), pieces.len()] {
        assert!(shown.contains(&number.to_string()) && shown.contains("pruned"), "{shown}");
    }
}

#[test]
fn rows_follow_their_pieces_and_other_tensors_stay() {
    let folder = Folder::new();
    let base = write_base(&folder);
    folder.succeeds(&arguments(&[]));
    let pieces = pieces(&folder, "pruned");
    let (before, after) = (tensors(&folder, "base"), tensors(&folder, "pruned"));
    assert_eq!(before.len(), after.len());
    let bits = |tensor: &Tensor| {
        tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1::<f64>().unwrap()
    };
    for (name, tensor) in &before {
        if !name.contains("word_embeddings") && !name.starts_with("cls.") {
            assert_eq!((bits(tensor), tensor.dtype()), (bits(&after[name]), after[name].dtype()), "{name}");
            continue;
        }
        assert_eq!(after[name].dim(0).unwrap(), pieces.len(), "{name}");
        for (new, piece) in pieces.iter().enumerate() {
            let old = base.iter().position(|known| known == piece).unwrap();
            assert_eq!(
                bits(&tensor.get(old).unwrap()),
                bits(&after[name].get(new).unwrap()),
                "{name} of {piece}"
            );
        }
    }
    let config = read_json(&folder, "pruned/config.json");
    assert_eq!((&config["vocab_size"], &config["pad_token_id"]), (&pieces.len().into(), &0.into()));
    assert_eq!(config["hidden_size"], 32);
    let decoder = &read_json(&folder, "pruned/tokenizer_config.json")["added_tokens_decoder"];
    assert_eq!(*decoder, serde_json::json!({"4": {"content": "[MASK]"}}));
}

#[test]
fn the_pruned_folder_is_trained_from() {
    let folder = Folder::new();
    write_base(&folder);
    folder.succeeds(&["prune", "--base", "base", "--corpus", "tweets.csv", "--output", "pruned"]);
    folder.succeeds(&tiny_base::train(&["model.base=pruned", "train.epochs=1"]));
}

/// The words of held-out rows have no say in the vocabulary, in whatever file they are; and the card of a model says
/// whether that is so.
#[test]
fn held_out_rows_are_left_out_and_the_card_says_whether_they_were() {
    let folder = Folder::new();
    tiny_base::write(&folder);
    let tweets = std::fs::read_to_string(folder.path("tweets.csv")).unwrap();
    // The same rows in other clothes, and ten others.
    let copies =
        tweets.lines().skip(1).map(|row| format!("{}!\n", row.split(',').next().unwrap().to_uppercase()));
    let others = (0..10).map(|n| format!("the company {n} of today\n"));
    folder.write("copies.txt", copies.chain(others).collect::<String>());
    let prune = |output: &str, more: &[&str]| {
        let corpus = ["prune", "--base", "base", "--corpus", "tweets.csv", "copies.txt", "--min-count", "1"];
        folder.succeeds(&[&corpus[..], &["--output", output], more].concat());
        let report = read_json(&folder, &format!("{output}/vocabulary.json"));
        [0, 1].map(|file| report["corpora"][file]["held_out_texts"].as_u64().unwrap())
    };
    assert_eq!(prune("clean", &["--config", "tiny.toml"]), [72, 72]);
    assert_eq!(prune("other", &["--config", "tiny.toml", "--set", "split.seed=2"]), [72, 72]);
    assert_eq!(prune("all", &[]), [0, 0]);
    let card = |base: &str| {
        let (base_key, run) = (format!("model.base={base}"), format!("run-{base}"));
        let arguments = [&tiny_base::train(&[&base_key, "train.epochs=1"])[..], &["--output", &run]].concat();
        let output = folder.trainer(&arguments);
        assert!(output.status.success(), "{output:?}");
        folder.succeeds(&["export", "--run", &run, "--id", base]);
        let card = std::fs::read_to_string(folder.path(&format!("models/{base}/MODEL_CARD.md"))).unwrap();
        (card, String::from_utf8(output.stderr).unwrap())
    };
    let chosen = "The vocabulary was chosen on `tweets.csv`, `copies.txt`";
    let (clean, said) = card("clean");
    assert!(
        clean.contains(&format!("{chosen} without the held-out rows and their near-duplicates.")),
        "{clean}"
    );
    assert!(!said.contains("vocabulary"), "{said}");
    let (all, said) = card("all");
    assert!(all.contains(&format!("{chosen}, the test rows' texts among them.")), "{all}");
    assert!(said.contains("warning: The vocabulary was chosen") && !all.contains("left out"), "{said}");
    let (other, said) = card("other");
    assert!(other.contains(&format!("{chosen} without the rows that another split holds out")), "{other}");
    assert!(said.contains("warning: The vocabulary was chosen"), "{said}");
    let (plain, _) = card("base");
    assert!(!plain.contains("vocabulary was chosen"), "{plain}");
    // A corpus that is held out whole, settings that say a thing twice.
    let held_out = read_json(&folder, "run-clean/split.json")["test"].clone();
    let rows: Vec<&str> = tweets.lines().skip(1).collect();
    let test = held_out.as_array().unwrap().iter().map(|index| rows[index.as_u64().unwrap() as usize]);
    folder.write("test.csv", format!("text,label\n{}\n", test.collect::<Vec<_>>().join("\n")));
    let only_test =
        ["prune", "--base", "base", "--corpus", "test.csv", "--output", "none", "--config", "tiny.toml"];
    folder.fails(&only_test, &["test.csv", "found 48 that are"]);
    let twice = [&only_test[..], &["--normalization", "remove_urls"]].concat();
    assert_eq!(folder.trainer(&twice).status.code(), Some(2), "clap refuses both");
}

#[test]
fn the_same_call_gives_the_same_bytes_and_nothing_is_overwritten() {
    let folder = Folder::new();
    write_base(&folder);
    let files = || {
        let entries = std::fs::read_dir(folder.path("pruned")).unwrap();
        let read = entries
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), std::fs::read(path).unwrap()));
        read.collect::<std::collections::BTreeMap<_, _>>()
    };
    folder.succeeds(&arguments(&[]));
    let first = files();
    assert_eq!(first.len(), 6);
    folder.succeeds(&arguments(&[]));
    folder.fails(&arguments(&["--min-count", "1"]), &["pruned", "does not exist yet", "`output`"]);
    assert_eq!(files(), first);
    std::fs::remove_dir_all(folder.path("pruned")).unwrap();
    folder.succeeds(&arguments(&[]));
    assert_eq!(files(), first);
    std::fs::write(folder.path("pruned/notes.txt"), "mine").unwrap();
    folder.fails(&arguments(&[]), &["other content"]);
    let left = folder.names();
    assert!(!left.iter().any(|name| name.starts_with(".writing")), "{left:?}");
}

#[test]
fn at_most_max_pieces_stay_and_the_most_frequent_win() {
    let folder = Folder::new();
    write_base(&folder);
    folder.write("corpus.csv", "text\nplunge plunge plunge crash crash soar soar share\n");
    folder.succeeds(&arguments(&["--min-count", "1", "--output", "all"]));
    let required = read_json(&folder, "all/vocabulary.json")["required_pieces"].as_u64().unwrap() as usize;
    let limit = (required + 2).to_string();
    folder.succeeds(&arguments(&["--min-count", "1", "--max-pieces", &limit]));
    let pieces = pieces(&folder, "pruned");
    assert_eq!(pieces.len(), required + 2);
    // `soar` has the lower id of the two that occur twice.
    assert_eq!(pieces[required..], ["soar", "plunge"]);
    let too_few = (required - 1).to_string();
    folder.fails(
        &arguments(&["--max-pieces", &too_few]),
        &["`max_pieces`", &format!("at least {required}"), &format!("found {too_few}")],
    );
}

#[test]
fn a_piece_that_cannot_be_spelled_stays_while_the_corpus_uses_its_characters() {
    let folder = Folder::new();
    write_base(&folder);
    folder.write("corpus.csv", "text\n株 soar straßen\n");
    folder.succeeds(&arguments(&[]));
    let pieces = pieces(&folder, "pruned");
    assert!(["株", "straßen"].iter().all(|piece| pieces.contains(&(*piece).to_owned())), "{pieces:?}");
    assert_eq!(read_json(&folder, "pruned/vocabulary.json")["dropped_characters"], "öж");
}

#[test]
fn what_cannot_be_pruned_is_named() {
    let folder = Folder::new();
    write_base(&folder);
    folder.fails(&arguments(&["--base", "nowhere"]), &["nowhere", "config.json"]);
    folder.fails(&arguments(&["--min-count", "0"]), &["`min_count`", "at least 1"]);
    folder.fails(&arguments(&["--max-tokens", "2"]), &["`max_tokens`", "more than the 2", "found 2"]);
    folder.fails(
        &arguments(&["--normalization", "lowercase"]),
        &["`normalization`", "lowercase", "remove_urls"],
    );
    folder.fails(&arguments(&["--corpus", "gone.csv"]), &["cannot read", "gone.csv"]);
    folder.write("urls.csv", "text\nhttps://example.com\n");
    folder.fails(
        &["prune", "--base", "base", "--corpus", "urls.csv", "--output", "pruned"],
        &["urls.csv", "only URLs"],
    );
    let damage = |name: &str, edit: &dyn Fn(&mut Value), fragments: &[&str]| {
        let whole = std::fs::read(folder.path(name)).unwrap();
        edit_json(&folder, name, edit);
        folder.fails(&arguments(&[]), fragments);
        folder.write(name, whole);
    };
    damage("base/config.json", &|json| json["model_type"] = "gpt2".into(), &["bert", "gpt2"]);
    damage("base/config.json", &|json| json["pad_token_id"] = 1.into(), &["`pad_token_id`", "found 1"]);
    let tokenizer = "base/tokenizer.json";
    damage(tokenizer, &|json| json["model"]["type"] = "BPE".into(), &["tokenizer.json", "WordPiece", "BPE"]);
    damage(tokenizer, &|json| json["model"]["vocab"]["soar"] = 999.into(), &["found none for"]);
    damage(tokenizer, &|json| json["model"]["vocab"]["soar"] = 3.into(), &["found two for 3"]);
    damage(tokenizer, &|json| json["model"]["unk_token"] = "?".into(), &["unknown token"]);
    damage(
        tokenizer,
        &|json| json["post_processor"]["type"] = "ByteLevel".into(),
        &["post_processor", "ByteLevel"],
    );
    let add_piece = |json: &mut Value| {
        let next = json["model"]["vocab"].as_object().unwrap().len();
        json["model"]["vocab"]["extra"] = next.into();
    };
    damage(tokenizer, &add_piece, &["model.safetensors", "a row for each", "cls.predictions"]);
    folder.write("base/model.safetensors", "short");
    folder.fails(&arguments(&[]), &["model.safetensors", "whole safetensors"]);
    assert!(!folder.names().contains(&"pruned".to_owned()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// With the base's alphabet any text; with the corpus's any text of its characters and ASCII.
    #[test]
    fn no_text_gets_an_unknown_word_that_it_had_not(
        corpus in proptest::collection::vec("[a-fö0-3]{1,6}|shares|soaring|plunge", 1..8),
        max in proptest::option::of(0usize..4),
        texts in proptest::collection::vec("([a-zöж株☃0-9$. ]|share|ing|soar|crash|shares){0,10}", 200),
    ) {
        let folder = Folder::new();
        write_base(&folder);
        folder.write("corpus.txt", format!("ö {}", corpus.join(" ")));
        for alphabet in ["base", "corpus"] {
            let output = folder.path(&format!("{alphabet}-all"));
            let arguments = ["prune", "--base", "base", "--corpus", "corpus.txt", "--alphabet", alphabet];
            folder.succeeds(&[&arguments[..], &["--output", text(&output)]].concat());
            let mut pruned = format!("{alphabet}-all");
            if let Some(more) = max {
                let report = read_json(&folder, &format!("{pruned}/vocabulary.json"));
                let limit = (report["required_pieces"].as_u64().unwrap() as usize + more).to_string();
                pruned = format!("{alphabet}-few");
                folder.succeeds(&[&arguments[..], &["--max-pieces", &limit, "--output", &pruned]].concat());
            }
            let (before, after) = (tokenizer(&folder, "base"), tokenizer(&folder, &pruned));
            let unknown = |pieces: &[String]| pieces.iter().position(|piece| piece == "[UNK]").unwrap() as u32;
            let unknowns = |tokenizer: &Tokenizer, base: &str, text: &str| {
                let id = unknown(&pieces(&folder, base));
                tokenizer.encode(text, 1000).unwrap().input_ids.iter().filter(|found| **found == id).count()
            };
            for text in &texts {
                let has_dropped = alphabet == "corpus" && text.contains(['ж', '株']);
                if !has_dropped {
                    prop_assert_eq!(unknowns(&before, "base", text), unknowns(&after, &pruned, text), "{}", text);
                }
            }
        }
    }
}
