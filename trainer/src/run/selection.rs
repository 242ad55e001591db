//! What a run's configuration lets its validation rows decide.

use crate::config::training::{Keep, TrainConfig};
use serde::{Deserialize, Serialize};

/// What a run chooses by its score on the validation rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selected {
    /// The epoch whose weights are kept.
    Epoch,
    /// After how many epochs training ended.
    NumberOfEpochs,
}

/// What a run with these settings will choose.
pub fn selected(config: &TrainConfig) -> Vec<Selected> {
    let epoch = (config.keep == Keep::Best).then_some(Selected::Epoch);
    let end = (config.patience > 0).then_some(Selected::NumberOfEpochs);
    epoch.into_iter().chain(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_follows_from_the_settings() {
        let config = |keep, patience| TrainConfig { keep, patience, ..TrainConfig::default() };
        assert_eq!(selected(&config(Keep::Best, 0)), [Selected::Epoch]);
        assert_eq!(selected(&config(Keep::Best, 2)), [Selected::Epoch, Selected::NumberOfEpochs]);
        assert_eq!(selected(&config(Keep::Last, 0)), []);
        assert_eq!(selected(&config(Keep::Last, 1)), [Selected::NumberOfEpochs]);
    }
}
