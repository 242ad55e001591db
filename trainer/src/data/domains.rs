//! Kinds of texts among some rows: a model is measured in each, and each counts the same, however many rows it has.

use super::collection::Collection;
use indexmap::{IndexMap, IndexSet};

/// Which domain each of some rows belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Domains {
    names: IndexSet<String>,
    of_row: Vec<usize>,
}

impl Domains {
    /// Of the rows at these positions, in the order of their first one.
    pub fn new(data: &Collection, rows: &[usize]) -> Self {
        let mut names = IndexSet::new();
        let of_row = rows.iter().map(|&row| names.insert_full(data.domain_of(row).to_owned()).0).collect();
        Self { names, of_row }
    }

    /// Whether there is more than one.
    pub fn are_several(&self) -> bool {
        self.names.len() > 1
    }

    /// What `of` makes of the positions of each domain's rows, ascending; nothing where there is only one.
    pub fn each<T>(&self, of: impl Fn(&[usize]) -> T) -> IndexMap<String, T> {
        if self.are_several() { self.all(of) } else { IndexMap::new() }
    }

    /// As [`Domains::each`], also where there is only one.
    pub fn all<T>(&self, of: impl Fn(&[usize]) -> T) -> IndexMap<String, T> {
        let rows_of = |domain: usize| (0..self.of_row.len()).filter(move |&row| self.of_row[row] == domain);
        let names = self.names.iter().enumerate();
        names.map(|(domain, name)| (name.clone(), of(&rows_of(domain).collect::<Vec<_>>()))).collect()
    }

    /// Weights of the rows by which every domain counts the same; their mean is 1.
    pub fn weights(&self) -> Vec<f64> {
        let mut counts = vec![0usize; self.names.len()];
        self.of_row.iter().for_each(|domain| counts[*domain] += 1);
        let share = self.of_row.len() as f64 / self.names.len() as f64;
        self.of_row.iter().map(|domain| share / counts[*domain] as f64).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_domain_weighs_the_same() {
        let names = ["news", "social"].map(str::to_owned).into_iter().collect();
        let domains = Domains { names, of_row: vec![0, 1, 0, 0] };
        assert_eq!(domains.weights(), [2.0 / 3.0, 2.0, 2.0 / 3.0, 2.0 / 3.0]);
        let rows = domains.each(<[usize]>::to_vec);
        assert_eq!((&rows["news"], &rows["social"]), (&vec![0, 2, 3], &vec![1]));
        let one = Domains { names: ["news".to_owned()].into(), of_row: vec![0; 3] };
        assert_eq!((one.weights(), one.each(<[usize]>::len).len()), (vec![1.0; 3], 0));
    }
}
