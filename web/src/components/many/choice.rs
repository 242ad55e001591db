//! A select element and its options. What is chosen is also set as a property: once somebody has chosen, the attributes
//! count for nothing.

use yew::prelude::*;

/// One option.
#[derive(Clone, PartialEq)]
pub struct Choice {
    value: String,
    name: String,
    is_chosen: bool,
}

impl Choice {
    /// An option of this value, called so.
    pub fn new(value: impl ToString, name: impl ToString, is_chosen: bool) -> Self {
        Self { value: value.to_string(), name: name.to_string(), is_chosen }
    }
}

/// One option a column; its value is the column's index.
pub fn column_choices(names: &[String], chosen: Option<usize>) -> Vec<Choice> {
    let choice = |(at, name): (usize, &String)| Choice::new(at, name, chosen == Some(at));
    names.iter().enumerate().map(choice).collect()
}

/// The element.
pub fn select(id: impl Into<AttrValue>, choices: Vec<Choice>, onchange: Callback<Event>) -> Html {
    let chosen = choices.iter().find(|choice| choice.is_chosen).map(|choice| choice.value.clone());
    let option = |Choice { value, name, is_chosen }: Choice| {
        html! { <option key={value.clone()} {value} selected={is_chosen}>{ name }</option> }
    };
    html! {
        <select id={id.into()} ~value={chosen.unwrap_or_default()} {onchange}>
            { for choices.into_iter().map(option) }
        </select>
    }
}
