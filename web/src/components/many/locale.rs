//! Numbers and dates as the visitor's language writes them; the browser knows how.

use js_sys::{Array, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

use crate::many::Unit;

/// A count with its separators.
pub fn count(number: usize) -> String {
    formatted(number as f64, &[])
}

/// A share as a percentage, with one decimal below ten per cent.
pub fn percent(share: f64) -> String {
    let digits = if share > 0.0 && share < 0.1 { 1 } else { 0 };
    formatted(share, &[("style", "percent".into()), ("maximumFractionDigits", digits.into())])
}

/// A score like 0.857.
pub fn score(score: f64) -> String {
    formatted(score, &[("minimumFractionDigits", 3.into()), ("maximumFractionDigits", 3.into())])
}

/// A number of bytes in kB or MB.
pub fn bytes(number: u64) -> String {
    let (scaled, unit) =
        if number < 1_000_000 { (number as f64 / 1e3, "kB") } else { (number as f64 / 1e6, "MB") };
    format!("{} {unit}", formatted(scaled, &[("maximumFractionDigits", 1.into())]))
}

/// A duration to the second.
pub fn duration(milliseconds: f64) -> String {
    let seconds = (milliseconds / 1000.0).ceil() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// The beginning of a span of time, in hours since 1970.
pub fn date(hour: i32, unit: Unit) -> String {
    let mut options = vec![("timeZone", JsValue::from("UTC")), ("year", "numeric".into())];
    if unit != Unit::Year {
        options.push(("month", "short".into()));
    }
    if matches!(unit, Unit::Hour | Unit::Day | Unit::Week) {
        options.push(("day", "numeric".into()));
    }
    if unit == Unit::Hour {
        options.extend([("hour", "numeric".into()), ("minute", "2-digit".into())]);
    }
    let format = Intl::DateTimeFormat::new(&Array::new(), &object(&options));
    let milliseconds = JsValue::from(f64::from(hour) * 3_600_000.0);
    call(&format.format(), &milliseconds)
}

fn formatted(number: f64, options: &[(&str, JsValue)]) -> String {
    let format = Intl::NumberFormat::new(&Array::new(), &object(options));
    call(&format.format(), &number.into())
}

fn call(format: &js_sys::Function, value: &JsValue) -> String {
    format.call1(&JsValue::UNDEFINED, value).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

fn object(options: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (key, value) in options {
        let _ = Reflect::set(&object, &(*key).into(), value);
    }
    object
}
