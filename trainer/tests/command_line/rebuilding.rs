//! `rebuild`: a recipe from base weights to exported models, the same bytes every time.

use crate::program::Folder;
use crate::tiny_base;

const RECIPE: &str = r#"
[paths]
tweets = "tweets.csv"
base = "base"

[set]
"data.train" = "{tweets}"
"train.epochs" = 2

[[stage]]
name = "vocabulary"
prune = { base = "{base}", corpus = ["{tweets}"], min_count = 1 }
config = "tiny.toml"

[[stage]]
name = "adapted"
adapt = "tiny.toml"
set = { "model.base" = "{vocabulary}" }

[[stage]]
name = "teacher"
train = "tiny.toml"
set = { "model.base" = "{adapted}", "train.epochs" = 8 }

[[stage]]
name = "answers"
teach = "tiny.toml"
set = { "distillation.teachers" = ["{teacher}"] }

[[stage]]
name = "student"
train = "tiny.toml"
set = { "model.base" = "{adapted}", "model.layers" = [0], "distillation.answers" = ["{answers}"], "export.quantization_aware" = true, "export.quantization" = "Q4_0" }
export = { id = "small", default = true }
"#;

fn rebuild<'a>(output: &'a str, models: &'a str) -> Vec<&'a str> {
    vec!["rebuild", "--recipe", "recipe.toml", "--output", output, "--models", models]
}

#[test]
fn a_recipe_makes_the_same_model_every_time_and_goes_on_where_it_stopped() {
    let folder = Folder::new();
    tiny_base::write(&folder);
    folder.write("recipe.toml", RECIPE);
    folder.succeeds(&rebuild("first", "models"));
    let model = std::fs::read(folder.path("models/small/model.gguf")).unwrap();
    let manifest = std::fs::read_to_string(folder.path("models/manifest.json")).unwrap();
    assert!(manifest.contains("\"default\": \"small\""), "{manifest}");
    let card = std::fs::read_to_string(folder.path("models/small/MODEL_CARD.md")).unwrap();
    for stage in ["The vocabulary was chosen on `tweets.csv`", "The base was adapted to `tweets.csv`"] {
        assert!(
            card.contains(&format!("{stage} without the held-out rows and their near-duplicates.")),
            "{card}"
        );
    }
    // Elsewhere, from nothing.
    folder.succeeds(&rebuild("second", "elsewhere"));
    assert!(model == std::fs::read(folder.path("elsewhere/small/model.gguf")).unwrap());
    // The last stage again; the others are finished.
    std::fs::remove_dir_all(folder.path("first/student")).unwrap();
    let said = String::from_utf8(folder.trainer(&rebuild("first", "models")).stderr).unwrap();
    assert!(
        said.contains("stage answers was finished already") && said.contains("stage student took"),
        "{said}"
    );
    assert!(model == std::fs::read(folder.path("models/small/model.gguf")).unwrap());
}

#[test]
fn some_stages_of_a_recipe_run_alone() {
    let folder = Folder::new();
    tiny_base::write(&folder);
    folder.write("recipe.toml", RECIPE);
    let only = |stages: &[&'static str]| [&rebuild("out", "models")[..], &["--only"], stages].concat();
    folder.succeeds(&only(&["vocabulary"]));
    assert!(folder.path("out/vocabulary").is_dir() && !folder.path("out/adapted").exists());
    let said = String::from_utf8(folder.trainer(&only(&["vocabulary"])).stderr).unwrap();
    assert!(said.contains("stage vocabulary was finished already"), "{said}");
    folder.fails(&only(&["vocabulry"]), &["--only", "vocabulary, adapted, teacher", "vocabulry"]);
    assert!(!folder.path("models").exists());
}

#[test]
fn a_recipe_that_contradicts_itself_is_refused_before_it_runs() {
    let folder = Folder::new();
    tiny_base::write(&folder);
    let fails = |content: &str, fragments: &[&str]| {
        folder.write("recipe.toml", content);
        folder.fails(&rebuild("out", "models"), fragments);
        assert!(!folder.path("out").exists());
    };
    fails(
        &RECIPE.replace("adapt = ", "teach = \"tiny.toml\"\nadapt = "),
        &["stage adapted", "exactly one of"],
    );
    fails(&RECIPE.replace("{vocabulary}\"", "{vocabulry}\""), &["stage adapted", "vocabulry", "vocabulary"]);
    fails(&RECIPE.replace("train = \"tiny.toml\"", "train = \"none.toml\""), &["stage teacher", "none.toml"]);
    fails(&RECIPE.replace("adapt = \"tiny.toml\"\n", ""), &["stage adapted", "exactly one of"]);
    fails(&RECIPE.replace("\"train.epochs\" = 2", "\"train.epoch\" = 2"), &["train.epoch", "train.epochs"]);
    fails(&RECIPE.replace("name = \"adapted\"", "name = \"base\""), &["stage base", "taken"]);
    fails(
        &RECIPE.replace("train = \"tiny.toml\"", "train = \"tiny.toml\"\nconfig = \"tiny.toml\""),
        &["a stage that prunes"],
    );
    fails(&RECIPE.replace("min_count = 1", "normalization = []"), &["stage vocabulary", "`normalization`"]);
    folder.write("recipe.toml", RECIPE);
    folder
        .fails(&[&rebuild("out", "models")[..], &["--set", "twets=x"]].concat(), &["base, tweets", "twets"]);
}
