//! Long work in short pieces: between two of them the browser draws, scrolls and listens.

use wasm_bindgen_futures::JsFuture;

pub use crate::engine::now_ms;

/// So long a piece of work goes on, in milliseconds: half a frame.
const PIECE_MS: f64 = 8.0;

/// How much of a piece of work is left.
pub struct Budget {
    ends_ms: f64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { ends_ms: now_ms() + PIECE_MS }
    }
}

impl Budget {
    /// It is time for others.
    pub fn is_spent(&self) -> bool {
        now_ms() >= self.ends_ms
    }
}

/// Comes back after everybody else had a turn.
pub async fn turn() {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let _ = gloo::utils::window().set_timeout_with_callback(&resolve);
    });
    let _ = JsFuture::from(promise).await;
}
