//! What the browser keeps for the page, how much room there is, and a way to have it back.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::figures::{arrived, megabytes, room};
use crate::keeping::{self, Kept, Stored, Usage};

/// Properties of [`StoragePanel`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// What is kept.
    pub kept: Kept,
    /// Something was removed.
    pub onchange: Callback<()>,
}

/// A list with a way to delete.
#[component]
pub fn StoragePanel(Props { kept, onchange }: &Props) -> Html {
    let Kept { models, usage } = kept;
    let file = |stored: &Stored| {
        let onclick = {
            let (sha256, onchange): (Rc<str>, _) = (stored.sha256.clone(), onchange.clone());
            move |_: MouseEvent| {
                let (sha256, onchange) = (sha256.clone(), onchange.clone());
                spawn_local(async move {
                    keeping::remove(&sha256).await;
                    onchange.emit(());
                });
            }
        };
        let is_whole = stored.loaded_bytes >= stored.size_bytes;
        let part = if is_whole {
            String::new()
        } else {
            format!(", {} of it", arrived(stored.loaded_bytes, stored.size_bytes))
        };
        html! {
            <li key={&*stored.sha256} class="stored">
                <span><span class="model-id">{ &*stored.id }</span>
                    <span class="figures">{ format!(" {}{part}", megabytes(stored.loaded_bytes, None)) }</span></span>
                <button type="button" class="quiet" aria-label={format!("Delete {}", stored.id)} {onclick}>{ "Delete" }</button>
            </li>
        }
    };
    html! {
        <section aria-labelledby="storage-title" data-testid="storage">
            <h3 id="storage-title">{ "Kept on this device" }</h3>
            <ul role="list">{ for models.iter().map(file) }</ul>
            <p class="meanwhile figures">{ in_words(usage, models.is_empty()) }</p>
        </section>
    }
}

fn in_words(Usage { used_bytes, quota_bytes, is_kept }: &Usage, is_empty: bool) -> String {
    if !is_kept {
        return "This browser keeps no models for this page (a private window, perhaps): they are downloaded anew each time.".to_owned();
    }
    let used = megabytes(*used_bytes as u64, None);
    let left = quota_bytes.map(|quota| format!(" There is room for {}.", room(quota as u64)));
    let nothing = if is_empty { "No model yet. " } else { "" };
    format!("{nothing}{used} in all.{}", left.unwrap_or_default())
}
