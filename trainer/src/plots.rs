//! Pictures of a run: learning curves, confusion, reliability, size against accuracy, as SVG.
//!
//! SVG because every browser and editor opens it, it is sharp at any size, and its text is drawn by the
//! viewer's fonts: no system font is needed to make it, none is shipped.

mod confusion;
mod curves;
mod reliability;
mod tradeoff;

pub use confusion::confusion_matrix;
pub use curves::{learning_curves, learning_panels};
pub use reliability::reliability_diagram;
pub use tradeoff::{TradeoffPoint, size_against_accuracy};

use crate::run_folder::write_atomically;
use anyhow::anyhow;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What one epoch showed; a line of `metrics.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean loss over the epoch's training rows.
    pub train_loss: f64,
    /// Mean loss over the validation rows, without dropout.
    pub validation_loss: f64,
    /// Of labels or of masked tokens, 0 ..= 1.
    pub validation_accuracy: f64,
    /// 0 ..= 1; masked language modelling has none.
    pub validation_macro_f1: Option<f64>,
    /// At the end of the epoch.
    pub learning_rate: f64,
    /// What the epoch's training took.
    pub seconds: f64,
    /// Training rows a second.
    pub tweets_per_second: f64,
}

/// One panel of a page, in pixels.
const PANEL: (u32, u32) = (480, 380);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const INK: RGBColor = RGBColor(31, 41, 55);
const FAINT_INK: RGBColor = RGBColor(107, 114, 128);
const GRID: RGBColor = RGBColor(229, 231, 235);
const BLUE: RGBColor = RGBColor(37, 99, 235);
const ORANGE: RGBColor = RGBColor(234, 88, 12);

/// Draws on white and writes the file, whole or not at all.
fn draw(
    path: &Path,
    size: (u32, u32),
    picture: impl FnOnce(&Area<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    write_atomically(path, svg(size, picture)?.as_bytes())
}

/// Draws on white; returns the SVG.
fn svg(size: (u32, u32), picture: impl FnOnce(&Area<'_>) -> anyhow::Result<()>) -> anyhow::Result<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&WHITE).map_err(failed)?;
        picture(&area)?;
        area.present().map_err(failed)?;
    }
    Ok(svg)
}

/// plotters' errors borrow from the drawing area and cannot travel as they are.
fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("cannot draw the plot: {error}")
}

/// `size` in pixels: plotters' SVG writes a font's size divided by this factor.
const FONT_SCALE: f64 = 1.24;

fn text(size: u32, color: RGBColor, horizontal: HPos) -> TextStyle<'static> {
    ("sans-serif", f64::from(size) * FONT_SCALE)
        .into_font()
        .color(&color)
        .pos(Pos::new(horizontal, VPos::Center))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Interval, ReliabilityBin, evaluate};

    /// Texts of a drawing that an XML parser accepts, in document order.
    fn texts(path: &Path) -> Vec<String> {
        let svg = std::fs::read_to_string(path).unwrap();
        let document = roxmltree::Document::parse(&svg).unwrap();
        assert_eq!(document.root_element().tag_name().name(), "svg");
        let elements = document.descendants().filter(|node| node.has_tag_name("text"));
        elements.map(|node| node.text().unwrap_or_default().trim().to_owned()).collect()
    }

    fn record(epoch: usize) -> EpochRecord {
        let progress = 1.0 - (-(epoch as f64) / 2.0).exp();
        EpochRecord {
            epoch,
            train_loss: 1.05 - 0.75 * progress,
            validation_loss: 0.95 - 0.45 * progress + 0.015 * epoch as f64,
            validation_accuracy: 0.62 + 0.26 * progress,
            validation_macro_f1: Some(0.45 + 0.39 * progress),
            learning_rate: 1e-5,
            seconds: 80.0,
            tweets_per_second: 95.0,
        }
    }

    fn losses() -> Vec<(usize, f64)> {
        let loss =
            |step: usize| 0.3 + 0.8 * (-(step as f64) / 400.0).exp() + 0.08 * ((step * 7919) as f64).sin();
        (0..1440).map(|step| (step, loss(step))).collect()
    }

    #[test]
    fn learning_curves_show_both_panels_and_every_epoch() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curves.svg");
        let epochs: Vec<_> = (1..=6).map(record).collect();
        learning_curves(&path, &losses(), &epochs).unwrap();
        let texts = texts(&path);
        for expected in ["Loss", "Validation", "training", "validation", "accuracy", "macro-F1", "epoch", "6"]
        {
            assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
        }
        let svg = std::fs::read_to_string(&path).unwrap();
        assert_eq!(svg.matches("<circle").count(), 4 * epochs.len());
    }

    #[test]
    fn curves_of_runs_that_just_began_or_went_wrong_are_drawn_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curves.svg");
        learning_curves(&path, &[], &[]).unwrap();
        learning_curves(&path, &[(0, 1.1)], &[record(1)]).unwrap();
        learning_curves(
            &path,
            &[(0, 1.1), (1, f64::NAN)],
            &[EpochRecord { train_loss: f64::NAN, ..record(1) }],
        )
        .unwrap();
        assert!(texts(&path).iter().any(|text| text == "Loss"));
    }

    fn texts_of(svg: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plot.svg");
        std::fs::write(&path, svg).unwrap();
        texts(&path)
    }

    #[test]
    fn the_reliability_diagram_has_a_bar_a_bin_and_the_threshold() {
        let bin = |low: f64| ReliabilityBin {
            low,
            high: low + 0.2,
            rows: 7,
            confidence: low + 0.1,
            accuracy: low + 0.05,
        };
        let svg = reliability_diagram(&[bin(0.4), bin(0.6), bin(0.8)], 0.65).unwrap();
        let texts = texts_of(&svg);
        for expected in ["Reliability", "confidence", "accuracy", "uncertain below 0.65"] {
            assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
        }
        assert_eq!(texts.iter().filter(|text| *text == "7").count(), 3);
        assert!(texts_of(&reliability_diagram(&[], 0.6).unwrap()).contains(&"Reliability".to_owned()));
    }

    #[test]
    fn every_variant_is_a_point_with_a_name_in_a_line_of_its_own() {
        let point = |name: &str, size_mb: f64, accuracy: f64| TradeoffPoint {
            name: name.to_owned(),
            size_mb,
            accuracy,
            interval: Interval { low: accuracy - 0.02, high: accuracy + 0.02 },
            is_chosen: name == "Q8_0",
        };
        let points = [point("F32", 91.0, 0.88), point("Q8_0", 24.0, 0.879), point("Q4_0", 24.01, 0.87)];
        let svg = size_against_accuracy(&points).unwrap();
        let texts = texts_of(&svg);
        for expected in ["F32, 91.0 MB", "Q8_0, 24.0 MB", "Q4_0, 24.0 MB"] {
            assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
        }
        let document = roxmltree::Document::parse(&svg).unwrap();
        let is_name = |node: &roxmltree::Node<'_, '_>| node.text().is_some_and(|text| text.contains(" MB"));
        let lines = document.descendants().filter(is_name).filter_map(|node| node.attribute("y"));
        assert_eq!(lines.collect::<std::collections::HashSet<_>>().len(), 3);
        assert_eq!(svg.matches("<circle").count(), 3);
        // One size alone leaves no range to draw.
        assert!(size_against_accuracy(&points[..1]).unwrap().contains("F32"));
    }

    #[test]
    fn the_confusion_matrix_shows_counts_and_shares_of_each_row() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("confusion.svg");
        let labels = ["<Bear & Co>", "Bullish", "Neutral"].map(str::to_owned);
        let one = |label: usize| (0..3).map(|id| if id == label { 0.8 } else { 0.1 }).collect::<Vec<f32>>();
        let counts = [[120, 8, 22], [6, 154, 31], [14, 27, 571]];
        let (mut predicted, mut truth) = (Vec::new(), Vec::new());
        for (label, row) in counts.iter().enumerate() {
            for (column, count) in row.iter().enumerate() {
                predicted.extend(vec![one(column); *count]);
                truth.extend(vec![label; *count]);
            }
        }
        confusion_matrix(&path, &evaluate(&predicted, &truth, &labels, 1.0), &labels).unwrap();
        let texts = texts(&path);
        for expected in ["120", "80.0 %", "571", "93.3 %", "<Bear & Co>", "true ↓", "predicted →"] {
            assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
        }
    }
}
