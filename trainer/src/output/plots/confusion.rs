//! The confusion matrix: true labels down, predicted labels across, each row shaded by its own shares, so that
//! a rare label is as readable as a frequent one.

use super::canvas::{BLUE, FAINT_INK, INK, draw, failed, text};
use crate::scoring::metrics::Evaluation;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;
use std::path::Path;

const CELL: i32 = 124;
const GAP: i32 = 3;
const LEFT: i32 = 150;
const TOP: i32 = 128;
const MARGIN: i32 = 36;

/// Draws the matrix of `rows`, e.g. `validation rows`, to `path` (SVG), with accuracy and macro-F1 above it.
///
/// # Errors
/// A file that cannot be written.
pub fn confusion_matrix(
    path: &Path,
    evaluation: &Evaluation,
    rows: &str,
    labels: &[String],
) -> anyhow::Result<()> {
    let side = CELL * labels.len() as i32;
    let size = ((LEFT + side + MARGIN) as u32, (TOP + side + MARGIN) as u32);
    draw(path, size, |area| {
        let write = |words: &str, style: &TextStyle<'_>, at| area.draw_text(words, style, at).map_err(failed);
        write("Confusion", &text(20, INK, HPos::Left), (MARGIN, 34))?;
        let summary = format!(
            "accuracy {:.1} % · macro-F1 {:.1} % · {} {rows}",
            evaluation.accuracy * 100.0,
            evaluation.macro_f1 * 100.0,
            evaluation.rows
        );
        write(&summary, &text(13, FAINT_INK, HPos::Left), (MARGIN, 60))?;
        write("predicted →", &text(13, FAINT_INK, HPos::Left), (LEFT, TOP - 42))?;
        write("true ↓", &text(13, FAINT_INK, HPos::Right), (LEFT - 14, TOP - 18))?;
        for (row, label) in labels.iter().enumerate() {
            let (row_start, middle) = (TOP + CELL * row as i32, CELL / 2);
            write(label, &text(15, INK, HPos::Right), (LEFT - 14, row_start + middle))?;
            write(label, &text(15, INK, HPos::Center), (LEFT + CELL * row as i32 + middle, TOP - 18))?;
            let total: usize = evaluation.confusion[row].iter().sum();
            for (column, count) in evaluation.confusion[row].iter().enumerate() {
                let share = *count as f64 / total.max(1) as f64;
                let (x, y) = (LEFT + CELL * column as i32, row_start);
                let corners = [(x, y), (x + CELL - GAP, y + CELL - GAP)];
                area.draw(&Rectangle::new(corners, BLUE.mix(0.05 + 0.9 * share).filled())).map_err(failed)?;
                let ink = if share > 0.5 { WHITE } else { INK };
                write(&count.to_string(), &text(24, ink, HPos::Center), (x + middle, y + middle - 10))?;
                let percent = format!("{:.1} %", share * 100.0);
                write(&percent, &text(13, ink, HPos::Center), (x + middle, y + middle + 20))?;
            }
        }
        Ok(())
    })
}
