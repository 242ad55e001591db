//! The list of open connections: how many there are, and which one makes room.

use super::activity::Activity;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The connections that are open, by number.
#[derive(Debug, Default)]
pub(super) struct Open {
    activities: Mutex<HashMap<u64, Arc<Activity>>>,
    one_closed: Notify,
}

impl Open {
    /// Puts a connection on the list, for as long as the guard lives.
    pub(super) fn insert(self: &Arc<Self>, activity: Arc<Activity>) -> OpenGuard {
        let number = activity.number();
        self.lock().insert(number, activity);
        OpenGuard { open: Arc::clone(self), number }
    }

    /// Connections that are open now.
    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    /// Tells the connection that has waited longest for its client to go; `false` if none waits.
    pub(super) fn evict_longest_waiting(&self) -> bool {
        let activities = self.lock();
        let waiting = activities.values().filter(|activity| activity.is_waiting_for_client());
        let longest = waiting.min_by_key(|activity| activity.last_progress());
        longest.inspect(|activity| activity.evict()).is_some()
    }

    /// Comes back when a connection has closed since the last call.
    pub(super) async fn one_closed(&self) {
        self.one_closed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Activity>>> {
        self.activities.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a connection off the list when it is dropped.
#[derive(Debug)]
pub(super) struct OpenGuard {
    open: Arc<Open>,
    number: u64,
}

impl Drop for OpenGuard {
    fn drop(&mut self) {
        self.open.lock().remove(&self.number);
        self.open.one_closed.notify_one();
    }
}
