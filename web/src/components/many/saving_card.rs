//! The way out: all rows as a file, and the choices that matter to whoever opens it.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::desk::Desk;
use super::saving::save;
use crate::components::many::locale;
use crate::many::{ExportFormat, ExportOptions};

/// Properties of [`SavingCard`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The batch.
    pub desk: Desk,
}

/// Two buttons and two choices.
#[component]
pub fn SavingCard(Props { desk }: &Props) -> Html {
    let options = use_state(ExportOptions::default);
    let button = |format: ExportFormat, id: &'static str, class: &'static str, words: &'static str| {
        let (desk, options) = (desk.clone(), ExportOptions { format, ..*options });
        let onclick = Callback::from(move |_: MouseEvent| save(&desk, options));
        html! { <button type="button" {class} data-testid={id} {onclick}>{ words }</button> }
    };
    let choice = |id: &'static str, label: &'static str, checked: bool, set: fn(&mut ExportOptions, bool)| {
        let options = options.clone();
        let onchange = Callback::from(move |event: Event| {
            let mut changed = *options;
            set(&mut changed, event.target_unchecked_into::<HtmlInputElement>().checked());
            options.set(changed);
        });
        html! {
            <label class="many-check" for={id}><input type="checkbox" {id} {checked} {onchange} />{ label }</label>
        }
    };
    let rows = locale::count(desk.batch().num_rows());
    html! {
        <section class="card many-saving" aria-labelledby="many-saving-title">
            <div>
                <h2 id="many-saving-title">{ "Save" }</h2>
                <p class="many-soft">{ format!("All {rows} rows in their order, with every column of yours.") }</p>
            </div>
            <div class="many-buttons">
                { button(ExportFormat::Csv, "many-save-csv", "primary", "Save CSV") }
                { button(ExportFormat::JsonLines, "many-save-jsonl", "secondary", "Save JSONL") }
                if let Some(share) = desk.saving() {
                    <progress aria-label="Making the file" max="1" value={format!("{share:.3}")} />
                }
            </div>
            <div class="many-checks">
                { choice(
                    "many-safe",
                    "In CSV, put ' before cells that a spreadsheet would run: those that begin with = + - @ (numbers stay)",
                    options.is_safe,
                    |options, is| options.is_safe = is,
                ) }
                { choice("many-mark", "Mark CSV as UTF-8 for Excel", options.has_mark, |options, is| options.has_mark = is) }
            </div>
        </section>
    }
}
