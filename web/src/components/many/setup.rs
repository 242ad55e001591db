//! What was understood of a file, to be checked and changed before it is read.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::choice::{self, Choice, column_choices};
use super::desk::{Desk, Next};
use super::locale::{bytes, count};
use super::notes::notes;
use super::opening::{Wish, open, open_or_ask};
use super::preview::Preview;
use super::running;
use crate::answerer::Answerer;
use crate::many::{Action, Encoding, Format, Stage};

/// Properties of [`Setup`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The batch.
    pub desk: Desk,
    /// Who would read it.
    pub answerer: Option<Answerer>,
}

/// Guesses, preview, and the button that begins.
#[component]
pub fn Setup(Props { desk, answerer }: &Props) -> Html {
    let onstart = {
        let (desk, answerer) = (desk.clone(), answerer.clone());
        Callback::from(move |_: MouseEvent| {
            if let Some(answerer) = answerer.clone() {
                running::start(&desk, answerer);
            }
        })
    };
    let onclose = {
        let desk = desk.clone();
        Callback::from(move |_: MouseEvent| open_or_ask(&desk, Next::Close))
    };
    let batch = desk.batch();
    let settings = &batch.settings;
    let (is_file, is_opening) = (batch.source.name.is_some(), batch.stage == Stage::Opening);
    let name = batch.source.name.clone().unwrap_or_else(|| "Pasted lines".to_owned());
    let is_table = matches!(settings.format, Format::Delimited { .. });
    let names = settings.names(&batch.table);
    let columns = settings.columns;
    html! {
        <section class="card many-setup" aria-labelledby="many-setup-title" data-testid="many-setup">
            <div class="many-head">
                <h2 id="many-setup-title">{ name }</h2>
                <p class="many-soft figures">
                    { format!("{} · {} rows", bytes(batch.source.size_bytes), count(batch.num_rows())) }
                </p>
                <button type="button" class="quiet" data-testid="many-other" onclick={onclose}>{ "Choose another" }</button>
            </div>
            if is_opening {
                <progress
                    aria-label="Opening the file"
                    max={batch.source.size_bytes.max(1).to_string()}
                    value={batch.arrived_bytes.to_string()}
                />
            }
            { notes(&batch) }
            <div class="many-settings">
                { text_column(desk, &names, columns.text) }
                { optional_column(desk, "many-label", "Labels to compare with", &names, columns.label, Action::ChoseLabel) }
                { optional_column(desk, "many-date", "Dates", &names, columns.date, Action::ChoseDate) }
                { format(desk, settings.format) }
                if is_file {
                    { encoding(desk, settings.encoding) }
                }
                if is_table {
                    <div class="many-checks">
                        { header(desk, settings.has_header) }
                        { quotes(desk, settings.format) }
                    </div>
                }
            </div>
            <Preview desk={desk.clone()} />
            <div class="many-actions">
                <button
                    type="button"
                    class="primary"
                    data-testid="many-start"
                    disabled={!batch.can_start() || answerer.is_none()}
                    onclick={onstart}
                >
                    { format!("Read {} tweets", count(batch.num_rows())) }
                </button>
                <p class="many-soft">{ hint(desk, answerer.as_ref()) }</p>
            </div>
        </section>
    }
}

fn hint(desk: &Desk, answerer: Option<&Answerer>) -> String {
    let batch = desk.batch();
    match (answerer, &batch.stage) {
        (_, Stage::Opening) => "The file is being opened.".to_owned(),
        _ if batch.num_rows() == 0 => String::new(),
        _ if batch.settings.columns.text.is_none() => {
            "No column looks like texts: choose the one that holds the tweets.".to_owned()
        }
        (None, _) => "The model is still on its way. Reading can begin once it is here.".to_owned(),
        (Some(answerer), _) => match answerer.place {
            crate::answerer::Place::Here => format!("{} reads them on this device.", answerer.model),
            crate::answerer::Place::Server => {
                format!("{} reads them on the server: the texts are sent there.", answerer.model)
            }
        },
    }
}

fn text_column(desk: &Desk, names: &[String], chosen: Option<usize>) -> Html {
    let mut choices = column_choices(names, chosen);
    if chosen.is_none() {
        choices.insert(0, Choice::new("", "Choose a column", true));
    }
    select(desk, "many-text", "Texts to read", choices, |value| Action::ChoseText(value.parse().ok()))
}

fn optional_column(
    desk: &Desk,
    id: &'static str,
    label: &'static str,
    names: &[String],
    chosen: Option<usize>,
    action: fn(Option<usize>) -> Action,
) -> Html {
    let mut choices = column_choices(names, chosen);
    choices.insert(0, Choice::new("", "None", chosen.is_none()));
    select(desk, id, label, choices, move |value| action(value.parse().ok()))
}

fn select(
    desk: &Desk,
    id: &'static str,
    label: &'static str,
    choices: Vec<Choice>,
    action: impl Fn(&str) -> Action + 'static,
) -> Html {
    let desk = desk.clone();
    let onchange = Callback::from(move |event: Event| {
        desk.apply(action(&event.target_unchecked_into::<HtmlSelectElement>().value()));
    });
    field(id, label, choices, onchange)
}

fn field(id: &'static str, label: &'static str, choices: Vec<Choice>, onchange: Callback<Event>) -> Html {
    html! {
        <div class="many-field">
            <label for={id}>{ label }</label>
            { choice::select(id, choices, onchange) }
        </div>
    }
}

/// Another reading of the same bytes.
fn reopen(desk: &Desk, change: impl Fn(&mut Wish)) {
    let (format, encoding) = {
        let batch = desk.batch();
        (batch.settings.format, batch.settings.encoding)
    };
    let mut wish = Wish { encoding: Some(encoding), format: Some(format) };
    change(&mut wish);
    if let Some(input) = desk.input() {
        open(desk, input, wish);
    }
}

fn format(desk: &Desk, chosen: Format) -> Html {
    let separated = |delimiter| Format::Delimited { delimiter, is_quoted: true };
    let formats = [
        ("Table with commas", separated(b',')),
        ("Table with semicolons", separated(b';')),
        ("Table with tabs", separated(b'\t')),
        ("Table with |", separated(b'|')),
        ("One text a line", Format::Lines),
        ("One JSON object a line", Format::JsonLines),
    ];
    let is_chosen = |format: Format| match (format, chosen) {
        (Format::Delimited { delimiter, .. }, Format::Delimited { delimiter: other, .. }) => {
            delimiter == other
        }
        (format, chosen) => format == chosen,
    };
    let choice = |(at, (name, format)): (usize, &(&str, Format))| Choice::new(at, *name, is_chosen(*format));
    let choices = formats.iter().enumerate().map(choice).collect();
    let desk = desk.clone();
    let onchange = Callback::from(move |event: Event| {
        let at: Option<usize> = event.target_unchecked_into::<HtmlSelectElement>().value().parse().ok();
        if let Some((_, format)) = at.and_then(|at| formats.get(at)) {
            reopen(&desk, |wish| wish.format = Some(*format));
        }
    });
    field("many-format", "Written as", choices, onchange)
}

fn encoding(desk: &Desk, chosen: Encoding) -> Html {
    let choice = |encoding: &Encoding| Choice::new(encoding.label(), encoding.name(), *encoding == chosen);
    let choices = Encoding::ALL.iter().map(choice).collect();
    let desk = desk.clone();
    let onchange = Callback::from(move |event: Event| {
        let value = event.target_unchecked_into::<HtmlSelectElement>().value();
        let encoding = Encoding::ALL.into_iter().find(|encoding| encoding.label() == value);
        reopen(&desk, |wish| {
            wish.encoding = encoding;
            // Other characters may have hidden the delimiter.
            wish.format = None;
        });
    });
    field("many-encoding", "Characters", choices, onchange)
}

fn header(desk: &Desk, has_header: bool) -> Html {
    let desk = desk.clone();
    let onchange = Callback::from(move |event: Event| {
        desk.apply(Action::ChoseHeader(event.target_unchecked_into::<HtmlInputElement>().checked()));
    });
    check("many-header", "First row names the columns", has_header, onchange)
}

fn quotes(desk: &Desk, format: Format) -> Html {
    let Format::Delimited { delimiter, is_quoted } = format else { return Html::default() };
    let desk = desk.clone();
    let onchange = Callback::from(move |event: Event| {
        let is_quoted = !event.target_unchecked_into::<HtmlInputElement>().checked();
        reopen(&desk, |wish| wish.format = Some(Format::Delimited { delimiter, is_quoted }));
    });
    check("many-quotes", "Quotation marks are part of the text", !is_quoted, onchange)
}

fn check(id: &'static str, label: &'static str, checked: bool, onchange: Callback<Event>) -> Html {
    html! {
        <label class="many-check" for={id}>
            <input type="checkbox" {id} {checked} {onchange} />
            { label }
        </label>
    }
}
