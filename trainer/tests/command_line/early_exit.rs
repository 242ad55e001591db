//! `model.exit_layer`, from training to every answer: both heads learn, the file says when the exit answers, and what is
//! told of it is what happens.

use crate::program::Folder;
use crate::tiny_base::{self, checkpoint, train, trained_with};
use classifier::model_file::ModelFile;
use classifier::{Classifier, Depth};
use serde_json::Value;

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn both_heads_learn_also_through_the_roundings_of_inference() {
    for quantization_aware in ["false", "true"] {
        let aware = format!("export.quantization_aware={quantization_aware}");
        let at = |learning_rate: &str| {
            let rate = format!("train.learning_rate={learning_rate}");
            let one_step = ["train.epochs=1", "train.batch_size=1000", "train.warmup_fraction=0"];
            let (folder, run) =
                trained_with(&[&["model.exit_layer=1", &aware, &rate][..], &one_step].concat());
            (checkpoint(&std::path::Path::new(&run).join("best.safetensors")), folder)
        };
        let ((after, _folder), (before, _other)) = (at("3e-3"), at("1e-30"));
        assert_eq!(before.len(), 5 + 2 * 16 + 2 + 2);
        for (name, values) in &before {
            assert_ne!(values, &after[name], "{name} did not move");
        }
        assert_ne!(before["cls.exit.weight"], before["cls.output.weight"], "each is drawn for itself");
    }
}

/// The head, drawn first, is that of the same run without an exit; to its loss comes that of the exit by its weight.
#[test]
fn the_loss_of_the_exit_counts_by_its_weight() {
    let first_loss = |overrides: &[&str]| {
        let one_step = ["train.epochs=1", "train.batch_size=1000", "train.learning_rate=1e-30"];
        let (_folder, run) = trained_with(&[&one_step[..], overrides].concat());
        let log = std::fs::read_to_string(std::path::Path::new(&run).join("metrics.jsonl")).unwrap();
        let step = log.lines().map(|line| json(line.as_bytes())).find(|line| line["step"] == 0).unwrap();
        step["loss"].as_f64().unwrap()
    };
    let without = first_loss(&[]);
    let [half, whole] = ["loss.exit_weight=0.5", "loss.exit_weight=1"]
        .map(|weight| first_loss(&["model.exit_layer=1", weight]));
    let exit = 2.0 * (whole - half);
    assert!((half - 0.5 * exit - without).abs() < 1e-5, "{without}, {half}, {whole}");
    // Three labels, and nothing learned.
    assert!((exit - 3f64.ln()).abs() < 0.3, "{exit}");
}

#[test]
fn what_is_told_of_an_exit_is_what_it_does() {
    let (folder, run) = trained_with(&["model.exit_layer=1", "export.exit_tolerance=0.02"]);
    folder.succeeds(&["export", "--run", &run, "--id", "tiny", "--quantization", "Q8_0"]);
    let bytes = std::fs::read(folder.path("models/tiny/model.gguf")).unwrap();
    let exit = ModelFile::parse(bytes.clone()).unwrap().metadata().exit.unwrap();
    let classifier = Classifier::from_gguf(bytes).unwrap();
    assert_eq!((classifier.exit_layer(), classifier.num_layers()), (Some(1), 2));

    // The golden values say which depth gave them.
    let golden = json(&std::fs::read(folder.path("models/tiny/golden.json")).unwrap());
    for case in golden["cases"].as_array().unwrap() {
        let prediction = classifier.classify(case["text"].as_str().unwrap()).unwrap();
        assert_eq!(case["num_layers"], prediction.num_layers);
    }

    // The threshold keeps what it says on the validation rows.
    let split = json(&std::fs::read(std::path::Path::new(&run).join("split.json")).unwrap());
    let tweets = std::fs::read_to_string(folder.path("tweets.csv")).unwrap();
    let rows: Vec<(&str, usize)> = tweets
        .lines()
        .skip(1)
        .map(|line| line.split_once(',').map(|(text, label)| (text, label.parse().unwrap())).unwrap())
        .collect();
    let of = |part: &str| -> Vec<(&str, usize)> {
        split[part].as_array().unwrap().iter().map(|row| rows[row.as_u64().unwrap() as usize]).collect()
    };
    let answers = |part: &str, depth| {
        let texts: Vec<&str> = of(part).iter().map(|(text, _)| *text).collect();
        classifier.classify_batch_at(&texts, depth).unwrap()
    };
    let accuracy = |depth| {
        let rows = of("validation");
        let answers = answers("validation", depth);
        let right = answers
            .iter()
            .zip(&rows)
            .filter(|(prediction, (_, label))| prediction.label == classifier.labels()[*label]);
        right.count() as f64 / rows.len() as f64
    };
    assert!(accuracy(Depth::Adaptive) >= accuracy(Depth::Full) - 0.02 - 1e-9);

    // The card's figures are those of the test rows.
    let test = answers("test", Depth::Adaptive);
    let early = test.iter().filter(|prediction| prediction.num_layers == 1).count();
    assert!(early > 0, "with so easy texts the exit is sure of some");
    let share = early as f64 / test.len() as f64;
    let card = std::fs::read_to_string(folder.path("models/tiny/MODEL_CARD.md")).unwrap();
    let told = [
        "\n## Early exit\n".to_owned(),
        format!(
            "temperature {:.3}; where its highest probability is {:.3} or more",
            exit.temperature, exit.threshold
        ),
        format!("| all ({}) | {:.1} % |", test.len(), share * 100.0),
        format!("| {:.2} of 2 |", 2.0 - share),
    ];
    for words in told {
        assert!(card.contains(&words), "{words} in {card}");
    }

    let model = "models/tiny/model.gguf";
    let evaluation = folder.succeeds(&["evaluate", "--model", model, "--data", "tweets.csv", "--json", "-"]);
    let layers = json(evaluation.as_bytes())["mean_layers"].as_f64().unwrap();
    let texts: Vec<&str> = rows.iter().map(|(text, _)| *text).collect();
    let all = classifier.classify_batch(&texts).unwrap();
    let expected = all.iter().map(|it| it.num_layers).sum::<usize>() as f64 / all.len() as f64;
    assert_eq!(layers, expected);
    folder.write("texts.txt", texts.join("\n"));
    folder.succeeds(&["predict", "--model", model, "--input", "texts.txt", "--output", "out.jsonl"]);
    let predictions = std::fs::read_to_string(folder.path("out.jsonl")).unwrap();
    for (line, prediction) in predictions.lines().zip(&all) {
        assert_eq!(json(line.as_bytes())["layers"], prediction.num_layers);
    }
    let page = folder.path("page.html");
    folder.succeeds(&["report", &run, "--output", page.to_str().unwrap()]);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("The exit after layer 1 answers"), "{page}");
}

#[test]
fn an_exit_that_cannot_be_is_refused_by_key() {
    let folder = Folder::new();
    tiny_base::write(&folder);
    for (override_, fragments) in [
        ("model.exit_layer=2", ["`model.exit_layer`", "fewer than the model's 2 layers"]),
        ("loss.exit_weight=0", ["loss.exit_weight", "above 0"]),
        ("export.exit_tolerance=2", ["export.exit_tolerance", "from 0 to 1"]),
    ] {
        folder.fails(&train(&[override_]), &fragments);
    }
}
