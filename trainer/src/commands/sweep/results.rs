//! The results of a sweep: a row a run as CSV, a line a trial for people.

use crate::config::sweep::Trial;
use crate::output::tables::new_table;
use crate::run::log::DomainScore;
use indexmap::{IndexMap, IndexSet};

/// One run's result on its validation rows.
#[derive(Clone, Debug)]
pub struct Row {
    /// Position among the trials, from 0.
    pub trial: usize,
    /// The run's seed.
    pub seed: u64,
    /// The kept epoch.
    pub epoch: usize,
    /// 0 ..= 1.
    pub accuracy: f64,
    /// 0 ..= 1; of several domains the mean.
    pub macro_f1: f64,
    /// Of each domain, where there are several.
    pub domains: IndexMap<String, DomainScore>,
}

/// A line a run: what was set, and what came of it.
///
/// # Errors
/// None: it is written into memory.
pub fn to_csv(rows: &[Row], trials: &[Trial]) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let keys = trials.first().into_iter().flatten().map(|(key, _)| key.as_str());
    let domains: IndexSet<&String> = rows.iter().flat_map(|row| row.domains.keys()).collect();
    let of_domains: Vec<String> =
        domains.iter().flat_map(|name| [format!("accuracy_{name}"), format!("macro_f1_{name}")]).collect();
    let results = ["epoch", "accuracy", "macro_f1"].into_iter().chain(of_domains.iter().map(String::as_str));
    writer.write_record(["trial", "seed"].into_iter().chain(keys).chain(results))?;
    for row in rows {
        let mut fields = vec![(row.trial + 1).to_string(), row.seed.to_string()];
        fields.extend(trials[row.trial].iter().map(|(_, value)| value.to_string()));
        fields.extend([row.epoch.to_string(), row.accuracy.to_string(), row.macro_f1.to_string()]);
        for name in &domains {
            let score = row.domains.get(*name);
            let figures = [score.map(|score| score.accuracy), score.map(|score| score.macro_f1)];
            fields.extend(figures.map(|figure| figure.map_or(String::new(), |figure| figure.to_string())));
        }
        writer.write_record(&fields)?;
    }
    Ok(writer.into_inner()?)
}

/// Trials by mean macro-F1 over their seeds, the best first, with the standard deviation over the seeds: a
/// difference below it says nothing.
pub fn table(rows: &[Row], trials: &[Trial]) -> String {
    let mut lines: Vec<(f64, [String; 4])> = Vec::new();
    for (index, trial) in trials.iter().enumerate() {
        let of = |value: fn(&Row) -> f64| {
            let values: Vec<f64> = rows.iter().filter(|row| row.trial == index).map(value).collect();
            mean_and_deviation(&values)
        };
        let Some((macro_f1, deviation)) = of(|row| row.macro_f1) else { continue };
        let accuracy = of(|row| row.accuracy).unwrap_or_default();
        let settings: Vec<String> = trial.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        let figure = |(mean, deviation): (f64, f64)| format!("{mean:.4} ± {deviation:.4}");
        let cells =
            [(index + 1).to_string(), settings.join("\n"), figure((macro_f1, deviation)), figure(accuracy)];
        lines.push((macro_f1, cells));
    }
    lines.sort_by(|lhs, rhs| rhs.0.total_cmp(&lhs.0));
    let mut table = new_table(vec!["trial", "settings", "macro-F1", "accuracy"]);
    lines.into_iter().for_each(|(_, cells)| {
        table.add_row(cells);
    });
    table.to_string()
}

/// Mean and sample standard deviation (0 of a single value); `None` without values.
fn mean_and_deviation(values: &[f64]) -> Option<(f64, f64)> {
    let count = values.len() as f64;
    let mean = (!values.is_empty()).then(|| values.iter().sum::<f64>() / count)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((mean, (squares / (count - 1.0).max(1.0)).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use toml::Value;

    #[test]
    fn the_best_mean_stands_first_and_the_csv_has_every_run() {
        let trials: Vec<Trial> =
            [0.1, 0.2].map(|value| vec![("loss.r_drop".to_owned(), Value::Float(value))]).to_vec();
        let domains = IndexMap::new;
        let row = |trial, seed, macro_f1| Row {
            trial,
            seed,
            epoch: 1,
            accuracy: 0.9,
            macro_f1,
            domains: domains(),
        };
        let rows = [row(0, 1, 0.7), row(0, 2, 0.8), row(1, 1, 0.9), row(1, 2, 0.9)];
        let table = table(&rows, &trials);
        assert!(table.find("0.9000 ± 0.0000").unwrap() < table.find("0.7500 ± 0.0707").unwrap(), "{table}");
        let csv = String::from_utf8(to_csv(&rows, &trials).unwrap()).unwrap();
        assert_eq!(csv.lines().next().unwrap(), "trial,seed,loss.r_drop,epoch,accuracy,macro_f1");
        assert_eq!(csv.lines().nth(3).unwrap(), "2,1,0.2,1,0.9,0.9");
        assert_eq!(csv.lines().count(), 5);
        let score = DomainScore { rows: 9, accuracy: 0.5, macro_f1: 0.25 };
        let in_news = Row { domains: [("news".to_owned(), score)].into(), ..row(0, 1, 0.7) };
        let csv = String::from_utf8(to_csv(&[in_news, row(1, 1, 0.9)], &trials).unwrap()).unwrap();
        let lines: Vec<&str> = csv.lines().collect();
        assert!(lines[0].ends_with(",macro_f1,accuracy_news,macro_f1_news"), "{csv}");
        assert!(lines[1].ends_with(",0.7,0.5,0.25") && lines[2].ends_with(",0.9,,"), "{csv}");
    }
}
