//! Reading many texts: what a batch knows and does, without a browser.
