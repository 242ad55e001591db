//! All rows as a file on the visitor's disk: made in pieces, handed to the browser as one, fetched by a link.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

use super::desk::Desk;
use super::locale::count;
use crate::announcer::say;
use crate::many::{Action, Export, ExportFormat, ExportOptions};

/// A browser has begun with a download long before.
const KEPT_MS: u32 = 60_000;

/// Makes the file and hands it out.
pub fn save(desk: &Desk, options: ExportOptions) {
    if desk.saving().is_some() {
        return;
    }
    let (desk, opening) = (desk.clone(), desk.opening());
    spawn_local(async move {
        let parts = Array::new();
        desk.export(options, |piece| {
            parts.push(&Uint8Array::from(piece.as_bytes()));
        })
        .await;
        if desk.opening() != opening {
            return;
        }
        let name = Export::file_name(&desk.batch(), options.format);
        match hand_out(&parts, options.format, &name) {
            Some(()) => {
                say(&format!("{name} was saved, with {} rows.", count(desk.batch().num_rows())));
                desk.apply(Action::Saved);
            }
            None => say("The file could not be made. Close other pages to free memory, and try again."),
        }
    });
}

fn hand_out(parts: &Array, format: ExportFormat, name: &str) -> Option<()> {
    let kind = BlobPropertyBag::new();
    kind.set_type(match format {
        ExportFormat::Csv => "text/csv;charset=utf-8",
        ExportFormat::JsonLines => "application/jsonl;charset=utf-8",
    });
    let blob = Blob::new_with_u8_array_sequence_and_options(parts, &kind).ok()?;
    let url = Url::create_object_url_with_blob(&blob).ok()?;
    let link: HtmlAnchorElement = gloo::utils::document().create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&url);
    link.set_download(name);
    link.click();
    gloo::timers::callback::Timeout::new(KEPT_MS, move || {
        let _ = Url::revoke_object_url(&url);
    })
    .forget();
    Some(())
}
