//! A recipe: the stages from base weights to exported models, as data.
//!
//! Paths, stages, and what each stage changes in its configuration. `{name}` in a value stands for a path of `[paths]`
//! or for the result of an earlier stage. Everything is looked up and checked before anything runs.

use super::overrides::Override;
use super::pruning::PruneConfig;
use super::schema::Config;
use anyhow::{Context, bail, ensure};
use indexmap::IndexMap;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// A recipe file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    /// What `{name}` stands for; may be overridden by `--set name=path`.
    paths: IndexMap<String, String>,
    /// Keys that every `adapt`, `train` and `teach` stage sets in its configuration, by full path.
    #[serde(default)]
    set: Table,
    /// In order.
    stage: Vec<Stage>,
}

/// One stage: exactly one of `prune`, `adapt`, `train` and `teach`; `export` may follow `train`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stage {
    /// Its folder's name, and what later stages call it.
    name: String,
    /// Settings of the pruning but for the output; `config` may stand beside it.
    prune: Option<Value>,
    /// Configuration file, beside the recipe, of the run for which is pruned: its held-out rows are left out, and its
    /// normalization is used.
    config: Option<PathBuf>,
    /// Configuration file, beside the recipe.
    adapt: Option<PathBuf>,
    /// Configuration file, beside the recipe.
    train: Option<PathBuf>,
    /// Configuration file, beside the recipe, about whose training texts its `distillation.teachers` are asked.
    teach: Option<PathBuf>,
    /// Keys that it sets in its configuration, by full path.
    #[serde(default)]
    set: Table,
    /// The model that its run becomes.
    export: Option<ExportStage>,
}

/// How a stage's run is exported.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportStage {
    /// Name of the model's folder.
    pub id: String,
    /// Becomes the model that is used where none is named.
    #[serde(default)]
    pub default: bool,
    /// Becomes the small model that answers first.
    #[serde(default)]
    pub preview: bool,
}

/// Reads a recipe; `set` are its paths as `--set name=path` overrides them, `output` is the folder of the stages'
/// folders.
///
/// # Errors
/// A recipe that cannot be read or contradicts itself, an override of a path that it does not have.
pub fn load(path: &Path, set: &[String], output: &Path) -> anyhow::Result<Vec<ResolvedStage>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the recipe {}", path.display()))?;
    let in_recipe = || format!("in {}", path.display());
    let mut recipe: Recipe = toml::from_str(&text).with_context(in_recipe)?;
    for text in set {
        let (name, value) = text
            .split_once('=')
            .with_context(|| format!("--set {text}: expected name=path, found no `=`"))?;
        let known = recipe.paths.keys().cloned().collect::<Vec<_>>().join(", ");
        let place = recipe.paths.get_mut(name);
        *place.with_context(|| format!("--set {text}: expected one of {known}, found {name}"))? =
            value.to_owned();
    }
    resolve(&recipe, path, output).with_context(in_recipe)
}

/// A stage with everything looked up and checked.
#[derive(Debug)]
pub struct ResolvedStage {
    /// As the recipe calls it.
    pub name: String,
    /// Where its result lies, or shall: a folder, or the file of a stage that teaches.
    pub folder: PathBuf,
    /// What is to be done.
    pub work: Work,
    /// The model that its run becomes.
    pub export: Option<ExportStage>,
}

/// What a stage does.
#[derive(Debug)]
pub enum Work {
    /// Drops word pieces of a base.
    Prune(Box<PruneConfig>),
    /// Adapts a base to texts.
    Adapt(Box<Config>),
    /// Fine-tunes.
    Train(Box<Config>),
    /// Asks teachers.
    Teach(Box<Config>),
}

fn resolve(recipe: &Recipe, path: &Path, output: &Path) -> anyhow::Result<Vec<ResolvedStage>> {
    let mut places = recipe.paths.clone();
    let mut resolved = Vec::new();
    for stage in &recipe.stage {
        let name = &stage.name;
        ensure!(!places.contains_key(name), "stage {name}: expected a new name, found one that is taken");
        let folder = match stage.teach {
            Some(_) => output.join(format!("{name}.safetensors")),
            None => output.join(name),
        };
        let stage = resolve_stage(recipe, stage, path, &folder, &places);
        resolved.push(stage.with_context(|| format!("stage {name}"))?);
        places.insert(name.clone(), folder.display().to_string());
    }
    check_exports(&resolved)?;
    Ok(resolved)
}

/// A manifest has one default and another preview, and each model is exported once: checked before hours of training.
fn check_exports(stages: &[ResolvedStage]) -> anyhow::Result<()> {
    let exports = || stages.iter().filter_map(|stage| Some((&stage.name, stage.export.as_ref()?)));
    for (index, (name, export)) in exports().enumerate() {
        let is_both = export.default && export.preview;
        ensure!(!is_both, "stage {name}: `export`: expected `default` or `preview`, found both");
        for (earlier, other) in exports().take(index) {
            ensure!(
                other.id != export.id,
                "stage {name}: `export.id`: expected another one than stage {earlier}'s, found {}",
                export.id
            );
            let is_again = export.default && other.default || export.preview && other.preview;
            ensure!(!is_again, "stage {name}: `export`: its role is stage {earlier}'s already");
            ensure!(
                !(export.default && other.preview),
                "stage {name}: `export`: expected the default before the preview of stage {earlier}"
            );
        }
    }
    Ok(())
}

fn resolve_stage(
    recipe: &Recipe,
    stage: &Stage,
    path: &Path,
    folder: &Path,
    places: &IndexMap<String, String>,
) -> anyhow::Result<ResolvedStage> {
    let config = |file: &Path| {
        let mut overrides = Vec::new();
        for (key, value) in recipe.set.iter().chain(&stage.set) {
            overrides.push(Override::new(key, expand(value, places)?));
        }
        let file = path.parent().unwrap_or(Path::new(".")).join(file);
        Ok::<_, anyhow::Error>(Box::new(Config::load(&file, &overrides)?))
    };
    let work = match (&stage.prune, &stage.adapt, &stage.train, &stage.teach) {
        (Some(settings), None, None, None) => {
            let mut settings = expand(settings, places)?;
            if let Some(table) = settings.as_table_mut() {
                table.insert("output".to_owned(), Value::String(folder.display().to_string()));
                ensure!(
                    stage.config.is_none() || !table.contains_key("normalization"),
                    "`normalization`: expected it in `config` alone, found it in `prune` as well"
                );
            }
            let mut settings: PruneConfig = settings.try_into().context("its settings")?;
            if let Some(file) = &stage.config {
                settings.set_held_out(config(file)?);
            }
            Work::Prune(Box::new(settings))
        }
        (None, Some(file), None, None) => Work::Adapt(config(file)?),
        (None, None, Some(file), None) => Work::Train(config(file)?),
        (None, None, None, Some(file)) => Work::Teach(config(file)?),
        _ => bail!("expected exactly one of `prune`, `adapt`, `train` and `teach`"),
    };
    ensure!(
        stage.config.is_none() || matches!(work, Work::Prune(_)),
        "`config`: expected a stage that prunes"
    );
    ensure!(
        stage.export.is_none() || matches!(work, Work::Train(_)),
        "`export`: expected a stage that trains"
    );
    Ok(ResolvedStage {
        name: stage.name.clone(),
        folder: folder.to_owned(),
        work,
        export: stage.export.clone(),
    })
}

/// The value with every `{name}` in its texts replaced.
fn expand(value: &Value, places: &IndexMap<String, String>) -> anyhow::Result<Value> {
    Ok(match value {
        Value::String(text) => Value::String(expand_text(text, places)?),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| expand(item, places)).collect::<anyhow::Result<_>>()?)
        }
        Value::Table(table) => {
            let pairs = table.iter().map(|(key, value)| Ok((key.clone(), expand(value, places)?)));
            Value::Table(pairs.collect::<anyhow::Result<_>>()?)
        }
        other => other.clone(),
    })
}

fn expand_text(text: &str, places: &IndexMap<String, String>) -> anyhow::Result<String> {
    let (mut expanded, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').with_context(|| format!("{text:?}: `{{` without `}}`"))?;
        let place = places.get(name).with_context(|| {
            let known = places.keys().cloned().collect::<Vec<_>>().join(", ");
            format!("{text:?}: expected a path or an earlier stage ({known}), found {name}")
        })?;
        expanded.push_str(before);
        expanded.push_str(place);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_are_replaced_wherever_they_stand() {
        let places = IndexMap::from([("a".to_owned(), "x y".to_owned())]);
        let value: Table = toml::from_str("k = [\"{a}/b\", { c = \"{a}{a}\" }, 3]").unwrap();
        let expanded = expand(&value["k"], &places).unwrap();
        assert_eq!(expanded.to_string(), "[\"x y/b\", { c = \"x yx y\" }, 3]");
        let error = expand_text("{b}", &places).unwrap_err().to_string();
        assert!(error.contains("(a), found b"), "{error}");
        assert!(expand_text("{a", &places).is_err());
    }

    #[test]
    fn exports_that_no_manifest_could_hold_are_refused() {
        let stage = |name: &str, id: &str, default: bool, preview: bool| ResolvedStage {
            name: name.to_owned(),
            folder: PathBuf::new(),
            work: Work::Train(Box::default()),
            export: Some(ExportStage { id: id.to_owned(), default, preview }),
        };
        let error = |stages: &[ResolvedStage]| check_exports(stages).unwrap_err().to_string();
        let (big, nano) = (|| stage("a", "big", true, false), || stage("b", "nano", false, true));
        check_exports(&[big(), nano(), stage("c", "other", false, false)]).unwrap();
        assert!(error(&[stage("a", "big", true, true)]).contains("found both"));
        assert!(error(&[nano(), big()]).contains("stage a: `export`: expected the default before"));
        assert!(
            error(&[big(), stage("b", "big", false, true)]).contains("another one than stage a's, found big")
        );
        assert!(error(&[big(), stage("b", "other", true, false)]).contains("stage a's already"));
    }
}
