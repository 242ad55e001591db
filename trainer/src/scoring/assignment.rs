//! Whether the labels of a file seem to be in another order than the model's: ids counted otherwise, names swapped.
//!
//! The order is the assignment of true labels to predicted ones that agrees most often: the confusion matrix's maximum
//! weight matching (Kuhn 1955, Munkres 1957), so that twenty labels are no more trouble than two.

use super::metrics::Evaluation;
use pathfinding::kuhn_munkres::kuhn_munkres;
use pathfinding::matrix::Matrix;

/// By how much another order must fit better to be worth a word: a share of the rows, and rows.
const BETTER_BY: f64 = 0.2;
const FEWEST_ROWS: usize = 10;

/// Another order of the labels that fits better by far.
#[derive(Clone, Debug, PartialEq)]
pub struct OtherOrder {
    /// By label id of the file: the id that it would be.
    pub ids: Vec<usize>,
    /// The accuracy that would be found, 0 ..= 1.
    pub accuracy: f64,
}

/// The order that would fit better by far, if there is one.
pub fn other_order(evaluation: &Evaluation) -> Option<OtherOrder> {
    let confusion = &evaluation.confusion;
    let count = |row: &Vec<usize>| row.iter().map(|count| *count as i64).collect::<Vec<_>>();
    let weights = Matrix::from_rows(confusion.iter().map(count)).ok().filter(|weights| weights.rows > 0)?;
    let (num_agreeing, ids) = kuhn_munkres(&weights);
    let num_right: usize = (0..confusion.len()).map(|label| confusion[label][label]).sum();
    let gained = (num_agreeing as usize).saturating_sub(num_right);
    let is_far_better = gained >= FEWEST_ROWS && gained as f64 >= BETTER_BY * evaluation.rows as f64;
    is_far_better.then(|| OtherOrder { ids, accuracy: num_agreeing as f64 / evaluation.rows as f64 })
}

#[cfg(test)]
mod tests {
    use super::super::metrics::evaluate;
    use super::*;

    /// `rows` rows a label; the model is always right but for the first `wrong` of each, and the file's ids are these.
    fn found(ids: &[usize], rows: usize, wrong: usize) -> Option<OtherOrder> {
        let names: Vec<_> = ids.iter().map(|id| format!("label {id}")).collect();
        let (mut probabilities, mut labels) = (Vec::new(), Vec::new());
        for label in 0..ids.len() {
            for row in 0..rows {
                let predicted = if row < wrong { (label + 1) % ids.len() } else { label };
                probabilities.push((0..ids.len()).map(|id| f32::from(u8::from(id == predicted))).collect());
                labels.push(ids[label]);
            }
        }
        other_order(&evaluate(&probabilities, &labels, &names, 1.0))
    }

    #[test]
    fn an_order_that_fits_far_better_is_found() {
        // The file's id 2 is what the model calls 0, and so on around.
        let order = found(&[2, 0, 1], 30, 3).unwrap();
        assert_eq!((order.ids, order.accuracy), (vec![1, 2, 0], 0.9));
        let reversed: Vec<usize> = (0..20).rev().collect();
        assert_eq!(found(&reversed, 2, 0).unwrap().ids, reversed);
    }

    #[test]
    fn a_right_order_and_too_few_rows_are_no_reason_for_a_word() {
        assert_eq!(found(&[0, 1, 2], 30, 3), None);
        assert_eq!(found(&[0, 1, 2], 30, 14), None);
        assert_eq!(found(&[1, 0, 2], 4, 0), None);
        assert_eq!(other_order(&evaluate(&[], &[], &[], 1.0)), None);
    }
}
