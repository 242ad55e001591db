//! Pictures of a run: learning curves, confusion, reliability, size against accuracy, as SVG.
//!
//! SVG because every browser and editor opens it, it is sharp at any size, and its text is drawn by the
//! viewer's fonts: no system font is needed to make it, none is shipped.

mod canvas;
pub mod confusion;
pub mod curves;
pub mod reliability;
pub mod tradeoff;

#[cfg(test)]
mod tests {
    use super::confusion::confusion_matrix;
    use super::curves::{EpochPoint, LearningCurves, learning_curves};
    use super::reliability::reliability_diagram;
    use super::tradeoff::{TradeoffPoint, size_against_accuracy};
    use crate::scoring::bootstrap::Interval;
    use crate::scoring::metrics::evaluate;
    use crate::scoring::reliability::ReliabilityBin;
    use std::path::Path;

    /// Texts of a drawing that an XML parser accepts, in document order.
    fn texts(path: &Path) -> Vec<String> {
        let svg = std::fs::read_to_string(path).unwrap();
        let document = roxmltree::Document::parse(&svg).unwrap();
        assert_eq!(document.root_element().tag_name().name(), "svg");
        let elements = document.descendants().filter(|node| node.has_tag_name("text"));
        elements.map(|node| node.text().unwrap_or_default().trim().to_owned()).collect()
    }

    fn point(epoch: usize) -> EpochPoint {
        let progress = 1.0 - (-(epoch as f64) / 2.0).exp();
        EpochPoint {
            epoch,
            train_loss: 1.05 - 0.75 * progress,
            validation_loss: 0.95 - 0.45 * progress + 0.015 * epoch as f64,
            validation_accuracy: 0.62 + 0.26 * progress,
            validation_macro_f1: Some(0.45 + 0.39 * progress),
        }
    }

    fn losses() -> Vec<f64> {
        let loss =
            |step: usize| 0.3 + 0.8 * (-(step as f64) / 400.0).exp() + 0.08 * ((step * 7919) as f64).sin();
        (0..1440).map(loss).collect()
    }

    #[test]
    fn learning_curves_show_both_panels_and_every_epoch() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curves.svg");
        let curves = LearningCurves { step_losses: losses(), epochs: (1..=6).map(point).collect() };
        learning_curves(&path, &curves).unwrap();
        let texts = texts(&path);
        for expected in ["Loss", "Validation", "training", "validation", "accuracy", "macro-F1", "epoch", "6"]
        {
            assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
        }
        let svg = std::fs::read_to_string(&path).unwrap();
        assert_eq!(svg.matches("<circle").count(), 4 * curves.epochs.len());
    }

    #[test]
    fn curves_of_runs_that_just_began_or_went_wrong_are_drawn_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curves.svg");
        learning_curves(&path, &LearningCurves::default()).unwrap();
        learning_curves(&path, &LearningCurves { step_losses: vec![1.1], epochs: vec![point(1)] }).unwrap();
        let broken = EpochPoint { train_loss: f64::NAN, ..point(1) };
        let broken = LearningCurves { step_losses: vec![1.1, f64::NAN], epochs: vec![broken] };
        learning_curves(&path, &broken).unwrap();
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
        confusion_matrix(&path, &evaluate(&predicted, &truth, &labels, 1.0), "test rows", &labels).unwrap();
        let texts = texts(&path);
        for expected in ["120", "80.0 %", "571", "93.3 %", "<Bear & Co>", "true ↓", "predicted →"] {
            assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
        }
    }
}
