//! Numbers and dates as the visitor's language writes them; the browser knows how.

use js_sys::{Array, Function, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

use crate::many::Unit;

thread_local! {
    // Making one takes longer than using it a hundred times.
    static COUNT: Function = number(&[]);
    static PERCENT: Function = number(&[("style", "percent".into()), ("maximumFractionDigits", 0.into())]);
    static SMALL_PERCENT: Function = number(&[("style", "percent".into()), ("maximumFractionDigits", 1.into())]);
    static SCORE: Function = number(&[("minimumFractionDigits", 3.into()), ("maximumFractionDigits", 3.into())]);
    static MEASURE: Function = number(&[("maximumFractionDigits", 1.into())]);
    static DATES: [Function; 3] = [Unit::Year, Unit::Month, Unit::Day].map(dates);
    static HOURS: Function = dates(Unit::Hour);
}

/// A count with its separators.
pub fn count(number: usize) -> String {
    COUNT.with(|format| call(format, number as f64))
}

/// A share as a percentage, with one decimal below ten per cent.
pub fn percent(share: f64) -> String {
    let format = if share > 0.0 && share < 0.1 { &SMALL_PERCENT } else { &PERCENT };
    format.with(|format| call(format, share))
}

/// A score like 0.857.
pub fn score(score: f64) -> String {
    SCORE.with(|format| call(format, score))
}

/// A number of bytes in kB or MB.
pub fn bytes(number: u64) -> String {
    let (scaled, unit) =
        if number < 1_000_000 { (number as f64 / 1e3, "kB") } else { (number as f64 / 1e6, "MB") };
    format!("{} {unit}", MEASURE.with(|format| call(format, scaled)))
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
    let milliseconds = f64::from(hour) * 3_600_000.0;
    let at = match unit {
        Unit::Hour => return HOURS.with(|format| call(format, milliseconds)),
        Unit::Year => 0,
        Unit::Month => 1,
        Unit::Day | Unit::Week => 2,
    };
    DATES.with(|formats| formats.get(at).map(|format| call(format, milliseconds))).unwrap_or_default()
}

fn dates(unit: Unit) -> Function {
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
    Intl::DateTimeFormat::new(&Array::new(), &object(&options)).format()
}

fn number(options: &[(&str, JsValue)]) -> Function {
    Intl::NumberFormat::new(&Array::new(), &object(options)).format()
}

fn call(format: &Function, number: f64) -> String {
    format
        .call1(&JsValue::UNDEFINED, &number.into())
        .ok()
        .and_then(|text| text.as_string())
        .unwrap_or_default()
}

fn object(options: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (key, value) in options {
        let _ = Reflect::set(&object, &(*key).into(), value);
    }
    object
}
