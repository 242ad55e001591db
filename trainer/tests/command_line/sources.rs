//! `train` on several sources: each read by its own rules, measured by itself, learned from as far as it goes.

use crate::program::Folder;
use crate::tiny_base;
use serde_json::Value;

/// Headlines, and a collection of posts in three parts: `hand` with all labels in another order, `notes` with two labels,
/// `rest` with labels that nobody trusts.
const SOURCES: &str = r#"
[[data.sources]]
name = "headlines"
path = "tweets.csv"
ids = ["Bearish", "Bullish", "Neutral"]
domain = "news"
description = "Headlines of nobody, 2019, made for a test"

[[data.sources]]
name = "hand"
path = "posts.csv"
where = { part = "hand" }
domain = "social"
ids = ["Neutral", "Bearish", "Bullish"]
weight = 2.0

[[data.sources]]
name = "notes"
path = "posts.csv"
where = { part = "notes" }
domain = "social"
labels = ["Bearish", "Bullish"]
label_map = { down = "Bearish", up = "Bullish" }
weight = 0.5

[[data.sources]]
name = "rest"
path = "posts.csv"
where = { part = ["rest", "other"] }
labels = []
weight = 0.25
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    tiny_base::write(&folder);
    let words = ["meets", "plunge", "soar"];
    let mut posts = "part,text,label\n".to_owned();
    for row in 0..120 {
        posts.push_str(&format!("hand,the company {} 9{row} {row},{}\n", words[row % 3], row % 3));
    }
    for row in 0..60 {
        let label = ["down", "up"][row % 2];
        posts.push_str(&format!("notes,stock {} up 8{row} 7,{label}\n", ["crash", "rally"][row % 2]));
    }
    for row in 0..40 {
        posts.push_str(&format!("{},shares {row} of 6{row},?\n", ["rest", "other"][row % 2]));
    }
    folder.write("posts.csv", posts);
    let config = std::fs::read_to_string(folder.path("tiny.toml")).unwrap();
    folder.write("several.toml", config.replace("train = \"tweets.csv\"\n", "") + SOURCES);
    folder
}

fn train<'a>(output: &'a str, overrides: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["train", "--config", "several.toml", "--output", output];
    overrides.iter().for_each(|set| arguments.extend(["--set", set]));
    arguments
}

fn json(folder: &Folder, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.path(name)).unwrap()).unwrap()
}

#[test]
fn every_source_is_learned_from_by_its_own_rules_and_measured_by_itself() {
    let folder = folder();
    let table = folder.succeeds(&train("run", &[]));
    assert!(table.contains("news") && table.contains("social"), "{table}");
    let split = json(&folder, "run/split.json");
    let part = |name: &str| -> Vec<usize> {
        split[name].as_array().unwrap().iter().map(|row| row.as_u64().unwrap() as usize).collect()
    };
    // 240 headlines, 120 by hand, 60 notes, of which none is held out.
    let sizes = ["train", "validation", "test"].map(|name| part(name).len());
    assert_eq!(sizes, [168 + 84 + 60, 24 + 12, 48 + 24]);
    assert!((360..420).all(|row| part("train").contains(&row)));
    let evaluation = json(&folder, "run/evaluation.json");
    let domains = &evaluation["domains"];
    assert_eq!((&domains["news"]["rows"], &domains["social"]["rows"]), (&24.into(), &12.into()));
    for domain in ["news", "social"] {
        assert!(domains[domain]["accuracy"].as_f64().unwrap() > 0.8, "{evaluation}");
    }
    let log = std::fs::read_to_string(folder.path("run/metrics.jsonl")).unwrap();
    let epochs: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line["kind"] == "epoch")
        .collect();
    assert_eq!(epochs.len(), 8);
    assert!(epochs.iter().all(|epoch| epoch["domains"]["social"]["macro_f1"].is_f64()), "{log}");
    // The kept epoch is the first of the best by the mean of both.
    let mean = |epoch: &Value| {
        let of = |name: &str| epoch["domains"][name]["macro_f1"].as_f64().unwrap();
        (of("news") + of("social")) / 2.0
    };
    let best = epochs.iter().map(mean).fold(0.0, f64::max);
    let kept = epochs.iter().find(|epoch| mean(epoch) == best).unwrap();
    assert!(table.contains(&format!("epoch {} of 8 is kept", kept["epoch"])), "{table}");
    // Ids mean what each source says of them: of the posts 0 is Neutral.
    folder.succeeds(&["export", "--run", "run", "--id", "tiny"]);
    let model = &json(&folder, "models/manifest.json")["models"][0];
    let rows = |domain: &str| model["quality"]["domains"][domain]["rows"].as_u64().unwrap();
    assert_eq!(rows("news") + rows("social"), model["metrics"]["rows"].as_u64().unwrap());
    let texts = ["the company meets 913 13", "the company plunge 914 14", "the company soar 917 17"];
    let predict = [&["predict", "--model", "models/tiny/model.gguf"][..], &texts].concat();
    let labels = folder.succeeds(&predict);
    let labels: Vec<&str> = labels.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(labels, ["Neutral", "Bearish", "Bullish"]);
}

/// What rows of two labels teach is which of the two, not that there is no third: a word of the third stays one, though
/// nobody could have said so in these rows.
#[test]
fn rows_of_two_labels_do_not_speak_against_the_third() {
    let folder = folder();
    let posts = std::fs::read_to_string(folder.path("posts.csv")).unwrap();
    folder.write(
        "posts.csv",
        posts.replace("stock crash up", "stock meets up").replace("stock rally up", "stock meets up"),
    );
    let num_neutral = |run: &str, overrides: &[&str]| {
        folder.succeeds(&train(run, overrides));
        folder.succeeds(&["export", "--run", run, "--id", run]);
        let model = format!("models/{run}/model.gguf");
        let texts =
            ["stock meets up 80 7", "stock meets up 814 7", "stock meets up 857 7", "stock meets up 899 7"];
        let table = folder.succeeds(&[&["predict", "--model", &model][..], &texts].concat());
        table.lines().filter(|line| line.starts_with("Neutral")).count()
    };
    let all = r#"data.sources.notes.labels=["Bearish", "Bullish", "Neutral"]"#;
    let alone = ["data.sources.notes.validation_fraction=0.0", "data.sources.notes.test_fraction=0.0"];
    let numbers = (num_neutral("masked", &[]), num_neutral("against", &[&[all][..], &alone].concat()));
    assert_eq!(numbers, (4, 0), "of 4 texts are neutral, and where all labels are told apart");
}

#[test]
fn what_a_source_cannot_be_is_named() {
    let folder = folder();
    let fails = |set: &str, fragments: &[&str]| {
        folder.fails(&train("refused", &[set]), fragments);
        assert!(!folder.path("refused").exists(), "nothing may be written before everything is read");
    };
    let map = "data.sources.notes.label_map={ down = \"Bearisch\" }";
    fails(
        map,
        &[
            "`data.sources.notes.label_map`",
            "--set data.sources.notes",
            "Bearish, Bullish, Neutral",
            "Bearisch",
        ],
    );
    for weight in ["0", "0.0", "nan", "-1.0", "inf"] {
        let set = format!("data.sources.notes.weight={weight}");
        fails(&set, &["`data.sources.notes.weight`", "a number above 0", "found"]);
    }
    let none = "data.sources.hand.where={ part = \"foot\" }";
    fails(none, &["source hand", "posts.csv", "with `part` in [\"foot\"]", "found none"]);
    fails("data.sources.hand.where={ kind = \"hand\" }", &["source hand", "posts.csv:1", "`kind`", "`part`"]);
    fails(
        "data.sources.headlines.ids=[]",
        &["source headlines", "tweets.csv:2", "another order", "data.sources.headlines.ids"],
    );
    fails(
        "data.sources.hand.ids=[\"Neutral\", \"Bearish\"]",
        &["source hand", "posts.csv:4", "unknown label", "\"2\""],
    );
    fails("data.sources.hand.ids=[\"Flat\"]", &["`data.sources.hand.ids`", "Flat"]);
    fails(
        "data.sources.hand.labels=[\"Bearish\", \"Bullish\"]",
        &["source hand", "tells apart (Bearish, Bullish)", "where"],
    );
    fails("data.sources.notes.labels=[\"Bullish\"]", &["`data.sources.notes.labels`", "two or more"]);
    fails(
        "data.sources.notes.test_fraction=0.1",
        &["`data.sources.notes.test_fraction`", "cannot be scored"],
    );
    fails("data.sources.rest.name=hand", &["`data.sources`", "each of one source", "\"hand\""]);
    fails("data.sources.nobody.weight=1.0", &["nobody", "headlines, hand, notes, rest"]);
    fails("data.sources.rest.weights=1.0", &["weights", "weight"]);
    fails("data.train=tweets.csv", &["--set data.train=tweets.csv", "`data.sources`"]);
    fails("data.label_map={ up = \"Bullish\" }", &["`data.label_map`", "of a source"]);
    fails("data.sources.hand.test_fraction=0.95", &["`data.sources.hand.test_fraction`", "together below 1"]);
    folder.write("empty.csv", "part,text,label\n");
    fails("data.sources.hand.path=empty.csv", &["source hand", "empty.csv", "found none"]);
    let other =
        ["data.sources.headlines.validation_fraction=0.0", "data.sources.hand.validation_fraction=0.0"];
    folder.fails(&train("refused", &other), &["`data.sources`", "with validation rows", "none"]);
}

/// Texts without labels, from a part of a file, in the vocabulary, the adaptation and the distillation; and what all of these
/// leave out is held out of every source.
#[test]
fn other_stages_read_the_same_sources() {
    let folder = folder();
    let inputs = |run: &str| json(&folder, &format!("{run}/run.json"))["inputs"].clone();
    folder.succeeds(&[
        "prune",
        "--base",
        "base",
        "--corpus",
        "tweets.csv",
        "posts.csv",
        "--min-count",
        "1",
        "--output",
        "pruned",
        "--config",
        "several.toml",
    ]);
    let report = json(&folder, "pruned/vocabulary.json");
    let held_out = [0, 1].map(|file| report["corpora"][file]["held_out_texts"].as_u64().unwrap());
    assert_eq!(held_out, [72, 36]);
    let adapt = ["adapt", "--config", "several.toml", "--set", "train.epochs=1", "--output", "adapted"];
    folder.succeeds(&adapt);
    assert_eq!(inputs("adapted")[0]["name"], "posts.csv");
    let origin = std::fs::read_to_string(folder.path("adapted/origin.json")).unwrap();
    assert_eq!(origin.matches("posts.csv").count(), 1, "{origin}");
    let few = ["train.epochs=1", "model.base=\"pruned\""];
    folder.succeeds(&train("teacher", &few));
    assert_eq!(inputs("teacher"), serde_json::json!([]));
    let taught = [&few[..], &["distillation.teachers=[\"teacher\"]"]].concat();
    folder.succeeds(&train("student", &taught));
    assert_eq!(inputs("student")[0]["role"], "unlabelled");
    // 312 labelled rows and 40 texts in batches of 16.
    let log = std::fs::read_to_string(folder.path("student/metrics.jsonl")).unwrap();
    assert_eq!(log.lines().filter(|line| line.contains("\"step\"")).count(), 22);
    // The vocabulary was chosen without what is held out, and the record knows it from the files of all sources.
    let other = [&few[..], &["split.seed=2"]].concat();
    let output = folder.trainer(&train("other", &other));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("warning: The vocabulary was chosen") && said.contains("another split"), "{said}");
    let teacher = "distillation.teachers=[\"other\"]";
    let error = folder.fails(&train("refused", &[&few[..], &[teacher]].concat()), &["other", "holds out"]);
    assert!(!folder.path("refused").exists(), "{error}");
}

#[test]
fn card_and_report_show_every_domain_and_what_each_source_is() {
    let folder = folder();
    folder.succeeds(&train("run", &["export.selective_accuracy=0.5"]));
    let table = folder.succeeds(&["export", "--run", "run", "--id", "tiny"]);
    assert!(table.contains("news") && table.contains("social"), "{table}");
    let card = std::fs::read_to_string(folder.path("models/tiny/MODEL_CARD.md")).unwrap();
    let row = |start: &str| {
        let found = card.lines().find(|line| line.trim_start().starts_with(start));
        let cells = found.unwrap_or_else(|| panic!("{start} in {card}")).split('|');
        cells.map(|cell| cell.trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((row("| news | 48 |").len(), row("| social | 24 |").len()), (10, 10));
    assert!(card.contains("By the mean of the macro-F1 of news and social on the validation rows"), "{card}");
    // Every word of the headlines is known from the headlines; the posts by hand share some of them.
    let words = row("| words of |");
    assert_eq!(words[2..4], ["seen in news", "in social"]);
    assert_eq!(row("| news | 100.0 % |")[2], "100.0 %");
    let source = row("| headlines |");
    assert!(source[2].starts_with("`tweets.csv` (SHA-256") && source[3] == "news", "{source:?}");
    assert_eq!(
        source[4..8],
        ["168, 24, 48", "Bearish, Bullish, Neutral", "1", "Headlines of nobody, 2019, made for a test."]
    );
    let notes = row("| notes |");
    assert!(notes[2].contains("with `part` in [\"notes\"]"), "{notes:?}");
    assert_eq!(notes[4..7], ["60, 0, 0", "Bearish, Bullish", "0.5"]);
    assert!(
        notes[7].contains("not stated") && card.contains("they are learned from, and were neither"),
        "{card}"
    );
    for share in ["news", "social"] {
        assert_eq!(
            card.lines()
                .filter(|line| line.starts_with(&format!("| {share} | ")) && line.contains('%'))
                .count(),
            2
        );
    }
    folder.succeeds(&["report", "run"]);
    let page = std::fs::read_to_string(folder.path("run/report.html")).unwrap();
    for words in ["Domains", "seen in news", "Headlines of nobody", "Right of these", "(macro-F1: news "] {
        assert!(page.contains(words), "{words} in the page");
    }
    // The data is that of the run, source by source.
    let posts = std::fs::read_to_string(folder.path("posts.csv")).unwrap();
    folder.write("posts.csv", posts + "rest,shares,?\n");
    folder.fails(
        &["export", "--run", "run", "--id", "tiny"],
        &["posts.csv, posts.csv", "expected the data of the run"],
    );
}

/// One source says the same as `data.train`.
#[test]
fn the_short_form_and_a_single_source_are_the_same_run() {
    let folder = folder();
    let source =
        r#"data.sources=[{ name = "data", path = "tweets.csv", ids = ["Bearish", "Bullish", "Neutral"] }]"#;
    folder.succeeds(&train("long", &[source, "train.epochs=2"]));
    folder.succeeds(&[&tiny_base::train(&["train.epochs=2"])[..], &["--output", "short"]].concat());
    for name in ["best.safetensors", "split.json", "seen.json"] {
        let bytes = |run: &str| std::fs::read(folder.path(&format!("{run}/{name}"))).unwrap();
        assert!(bytes("long") == bytes("short"), "{name}");
    }
    let [long, short] = ["long", "short"].map(|run| json(&folder, &format!("{run}/run.json")));
    assert_eq!(long["data_sha256"], short["data_sha256"]);
}

#[test]
fn conditions_hold_in_every_format() {
    let folder = folder();
    let tweets = std::fs::read_to_string(folder.path("tweets.csv")).unwrap();
    let rows: Vec<(&str, &str)> = tweets.lines().skip(1).filter_map(|row| row.split_once(',')).collect();
    let lines = rows.iter().enumerate().map(|(at, (text, label))| match at % 4 {
        // Left out, whatever else is wrong with it.
        3 => "{\"kind\": false, \"text\": 7}\n".to_owned(),
        _ => format!("{{\"text\": \"{text}\", \"label\": {label}, \"kind\": true, \"year\": 2021}}\n"),
    });
    folder.write("tweets.jsonl", lines.collect::<String>());
    let source = |conditions: &str| {
        format!(
            r#"data.sources=[{{ name = "a", path = "tweets.jsonl", ids = ["Bearish", "Bullish", "Neutral"], where = {{ {conditions} }} }}]"#
        )
    };
    folder.succeeds(&train("run", &[&source("kind = true, year = [2020, 2021]"), "train.epochs=1"]));
    let split = json(&folder, "run/split.json");
    let count = ["train", "validation", "test"].map(|part| split[part].as_array().unwrap().len());
    assert_eq!(count.iter().sum::<usize>(), 180);
    folder.fails(
        &train("none", &[&source("kind = true, year = 2020")]),
        &["`kind` in [\"true\"] and `year` in [\"2020\"]"],
    );
    folder.write("lines.txt", "shares soar\n");
    let lines = "data.sources.rest.path=lines.txt";
    folder.fails(
        &["adapt", "--config", "several.toml", "--set", lines],
        &["source rest", "plain text", "`where`"],
    );
}

/// A recipe names sources once, and changes one key of one of them where a stage differs; a sweep tries such keys.
#[test]
fn recipes_and_sweeps_set_keys_of_sources() {
    let folder = folder();
    let sources = r#""data.sources" = [
  { name = "news", path = "{tweets}", ids = ["Bearish", "Bullish", "Neutral"] },
  { name = "notes", path = "{posts}", where = { part = "notes" }, labels = ["Bearish", "Bullish"],
    label_map = { down = "Bearish", up = "Bullish" } },
]"#;
    let recipe = format!(
        "[paths]\ntweets = \"tweets.csv\"\nposts = \"posts.csv\"\n[set]\n\"train.epochs\" = 1\n{sources}\n\
         [[stage]]\nname = \"one\"\ntrain = \"tiny.toml\"\nset = {{ \"data.sources.notes.weight\" = 0.5 }}\n"
    );
    folder.write("recipe.toml", recipe);
    folder.succeeds(&["rebuild", "--recipe", "recipe.toml", "--output", "rebuilt"]);
    let config = std::fs::read_to_string(folder.path("rebuilt/one/config.toml")).unwrap();
    assert!(config.contains("weight = 0.5") && config.contains("train = \"\""), "{config}");
    let sweep =
        "config = \"several.toml\"\nseeds = [1]\n[grid]\n\"data.sources.notes.weight\" = [0.5, 1.0]\n";
    folder.write("sweep.toml", sweep);
    let set = ["--set", "train.epochs=1"];
    folder.succeeds(&[&["sweep", "--sweep", "sweep.toml", "--output", "swept"][..], &set].concat());
    let results = std::fs::read_to_string(folder.path("swept/results.csv")).unwrap();
    let header = "trial,seed,data.sources.notes.weight,epoch,accuracy,macro_f1,accuracy_news,macro_f1_news,accuracy_social";
    assert!(results.starts_with(header) && results.lines().count() == 3, "{results}");
    // One part of a file is evaluated by the same condition.
    let model = crate::program::model();
    let part =
        ["--label-map", "down=Bearish", "--label-map", "up=Bullish", "--where", "part=notes", "--json", "-"];
    let evaluate = ["evaluate", "--model", crate::program::text(&model), "--data", "posts.csv"];
    let report = folder.succeeds(&[&evaluate[..], &part].concat());
    assert!(report.contains("\"rows\": 60"), "{report}");
}
