//! Numbers as the visitor writes them: the browser knows the locale.
//!
//! Making a formatter is slow beside using it, so each is made once.

/// A number with so many digits behind the point.
#[cfg(target_arch = "wasm32")]
pub fn decimal(value: f64, digits: u32) -> String {
    use js_sys::{Array, Function, Intl, Object, Reflect};
    use std::cell::RefCell;
    use std::collections::BTreeMap;
    use wasm_bindgen::JsValue;

    thread_local! {
        static FORMATTERS: RefCell<BTreeMap<u32, Function>> = const { RefCell::new(BTreeMap::new()) };
    }
    let format = FORMATTERS.with_borrow_mut(|formatters| {
        let make = || {
            let options = Object::new();
            for key in ["minimumFractionDigits", "maximumFractionDigits"] {
                let _ = Reflect::set(&options, &key.into(), &digits.into());
            }
            // No locale: the browser's own.
            Intl::NumberFormat::new(&Array::new(), &options).format()
        };
        formatters.entry(digits).or_insert_with(make).clone()
    });
    let text = format.call1(&JsValue::UNDEFINED, &value.into()).ok().and_then(|text| text.as_string());
    text.unwrap_or_else(|| format!("{value:.0$}", digits as usize))
}

/// Where there is no browser, as in English.
#[cfg(not(target_arch = "wasm32"))]
pub fn decimal(value: f64, digits: u32) -> String {
    format!("{value:.0$}", digits as usize)
}
