//! Reading many texts: a file or pasted lines in, a table, charts and a file out.
//!
//! What is shown follows from the batch's stage alone. Files that draw are functions of a [`Desk`]; `opening`, `running`
//! and `saving` do what takes time.

mod agreement;
mod chart_table;
mod choice;
mod confidences;
mod desk;
mod detail;
mod filters;
mod input;
mod locale;
mod notes;
mod opening;
mod over_time;
mod preview;
mod progress;
mod question;
mod rows;
mod running;
mod saving;
mod saving_card;
mod setup;
mod shares;
mod tickers;
mod turns;

use std::rc::Rc;

use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{BeforeUnloadEvent, DragEvent, HtmlElement};
use yew::prelude::*;

use self::agreement::Agreement;
use self::confidences::Confidences;
use self::desk::{Desk, Input, Next, Shared};
use self::input::InputCard;
use self::opening::open_or_ask;
use self::over_time::OverTime;
use self::progress::Progress;
use self::question::Question;
use self::rows::Rows;
use self::saving_card::SavingCard;
use self::setup::Setup;
use self::shares::Shares;
use self::tickers::Tickers;
use crate::answerer::Answerer;
use crate::many::Stage;

/// Properties of [`Many`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// Who reads a batch that begins now; none while no full model is there.
    pub answerer: Option<Answerer>,
    /// Lines that were pasted elsewhere, and a number that changes with them.
    #[prop_or_default]
    pub pasted: Option<(u32, Rc<str>)>,
}

/// Everything about a batch.
#[component]
pub fn Many(Props { answerer, pasted }: &Props) -> Html {
    let shared = use_memo((), |()| Shared::new());
    let update = use_force_update();
    let desk = Desk::new(&shared, Callback::from(move |()| update.force_update()));

    use_effect_with(pasted.clone(), {
        let desk = desk.clone();
        move |pasted| {
            if let Some((_, lines)) = pasted {
                open_or_ask(&desk, Next::Open(Input::Text(lines.clone())));
            }
        }
    });
    let is_unsaved = desk.batch().is_unsaved;
    use_effect_with(is_unsaved, |is_unsaved| {
        let listener = is_unsaved.then(warn_before_leaving);
        move || drop(listener)
    });
    let root = use_node_ref();
    use_effect_with((), {
        let (desk, root) = (desk.clone(), root.clone());
        move |()| {
            let listeners = take_dropped_files(&desk, root);
            move || drop(listeners)
        }
    });

    let (stage, has_begun) = (desk.batch().stage.clone(), desk.batch().has_begun());
    let has_question = desk.next().is_some();
    use_effect_with((stage == Stage::Empty, has_begun, has_question), {
        let (desk, root) = (desk.clone(), root.clone());
        move |_| keep_focus(&desk, &root)
    });
    let desk = || desk.clone();
    let columns = desk().batch().settings.columns;
    html! {
        <div class="many" ref={root} tabindex="-1">
            if has_question {
                <Question desk={desk()} />
            }
            if stage == Stage::Empty {
                <InputCard desk={desk()} />
            }
            if matches!(stage, Stage::Opening | Stage::Ready) {
                <Setup desk={desk()} answerer={answerer.clone()} />
            }
            if has_begun {
                <Progress desk={desk()} answerer={answerer.clone()} />
                <SavingCard desk={desk()} />
                <div class="many-charts">
                    <Shares desk={desk()} />
                    <Confidences desk={desk()} />
                    if columns.date.is_some() {
                        <OverTime desk={desk()} />
                    }
                    if columns.label.is_some() {
                        <Agreement desk={desk()} />
                    }
                    <Tickers desk={desk()} />
                </div>
                <Rows desk={desk()} />
            }
        </div>
    }
}

/// What was pressed is gone with its card: without this the keyboard would lose its place.
fn keep_focus(desk: &Desk, root: &NodeRef) {
    let is_lost = gloo::utils::document().active_element().is_none_or(|element| element.tag_name() == "BODY");
    let has_happened = desk.batch().revision > 0;
    if let Some(root) = root.cast::<HtmlElement>().filter(|_| is_lost && has_happened) {
        let _ = root.focus();
    }
}

/// The browser asks before a page with unsaved answers goes away. Only then: a page that listens to this is not kept
/// for "back".
fn warn_before_leaving() -> EventListener {
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&gloo::utils::window(), "beforeunload", options, |event| {
        event.prevent_default();
        if let Some(event) = event.dyn_ref::<BeforeUnloadEvent>() {
            event.set_return_value("unsaved");
        }
    })
}

/// A file that misses the field must not replace the page.
fn take_dropped_files(desk: &Desk, root: NodeRef) -> [EventListener; 2] {
    let listen = |name: &'static str, act: Box<dyn Fn(&DragEvent)>| {
        let options = EventListenerOptions::enable_prevent_default();
        EventListener::new_with_options(&gloo::utils::window(), name, options, move |event| {
            if let Some(event) = event.dyn_ref::<DragEvent>()
                && event.data_transfer().is_some_and(|data| data.types().includes(&"Files".into(), 0))
            {
                event.prevent_default();
                act(event);
            }
        })
    };
    let desk = desk.clone();
    let open = move |event: &DragEvent| {
        let file = event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0));
        let is_in_view = root.cast::<HtmlElement>().is_some_and(|root| root.offset_parent().is_some());
        if let Some(file) = file.filter(|_| is_in_view && !desk.batch().is_under_way()) {
            open_or_ask(&desk, Next::Open(Input::File(file)));
        }
    };
    [listen("dragover", Box::new(|_| ())), listen("drop", Box::new(open))]
}
