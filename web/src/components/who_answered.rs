//! Below each answer: which model gave it, where it ran, how often it is right; and, for those who want to know, the
//! machinery.

use messages::{Manifest, Metrics, Quality};
use std::rc::Rc;
use yew::prelude::*;

use crate::figures::{count, duration, percent};
use crate::server;
use crate::state::{Answer, Reader, Role};

/// Properties of [`WhoAnswered`].
#[derive(PartialEq, Properties)]
pub struct Props {
    /// The answer.
    pub answer: Answer,
    /// The models there are, with their figures.
    pub manifest: Option<Rc<Manifest>>,
}

/// One sentence and a disclosure.
#[component]
pub fn WhoAnswered(Props { answer, manifest }: &Props) -> Html {
    let Answer { reader, model, .. } = answer;
    let metrics = manifest.as_deref().and_then(|manifest| manifest.find(model)).map(|model| &model.metrics);
    let chosen = manifest.as_ref().is_none_or(|manifest| manifest.default == **model);
    let (place, which) = match reader {
        Reader::Engine(_, _)
            if Some(&**model) == manifest.as_ref().and_then(|manifest| manifest.preview.as_deref()) =>
        {
            ("Read on this device by the small model ".to_owned(), "")
        }
        Reader::Engine(Role::Preview, _) => ("Read on this device by the small model ".to_owned(), ""),
        Reader::Engine(Role::Default, _) => {
            ("Read on this device by ".to_owned(), if chosen { "" } else { ", which you chose" })
        }
        Reader::Server => (format!("Sent to {} and read there by ", server::host()), ""),
    };
    html! {
        <div class="who" data-testid="about">
            <p>
                { place }<span class="model-id">{ &**model }</span>{ which }{ "." }
                if let Some(Metrics { accuracy, rows, .. }) = metrics {
                    { format!(" It is right on {} of {} held-out tweets.", percent(*accuracy as f32), count(*rows)) }
                }
            </p>
            <details class="technical">
                <summary>{ "Technical details" }</summary>
                { technical(answer) }
            </details>
        </div>
    }
}

/// What the manifest knows of a model's strengths.
pub fn quality_of<'a>(manifest: Option<&'a Manifest>, model: &str) -> Option<&'a Quality> {
    manifest?.find(model)?.quality.as_ref()
}

fn technical(Answer { info, prediction, latency_ms, .. }: &Answer) -> Html {
    let row = |name: &'static str, value: String, testid: &'static str| {
        html! { <div><dt>{ name }</dt><dd class="figures" data-testid={testid}>{ value }</dd></div> }
    };
    let layers = match info {
        Some(info) => format!("{} of {} layers", prediction.layers, info.layers),
        None => format!("{} layers", prediction.layers),
    };
    html! {
        <dl>
            { row("Time", duration(*latency_ms), "latency") }
            if prediction.tokens > 0 { { row("Read", format!("{} tokens", prediction.tokens), "tokens") } }
            if prediction.layers > 0 { { row("Depth", layers, "layers") } }
            if let Some(info) = info {
                { row("Engine", format!("{} · {}", info.engine, info.kernel), "engine") }
                if let Some(fallback) = &info.fallback { { row("Instead of the faster one", fallback.clone(), "fallback") } }
            }
        </dl>
    }
}
