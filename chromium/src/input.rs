//! The keys that tests press, with the three names that the protocol wants for each.

use serde_json::{Value, json};

/// A key that is not a character of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// To the next control.
    Tab,
    /// Back to the control before.
    ShiftTab,
    /// Activates a button or link.
    Enter,
    /// Activates a button.
    Space,
    /// Selects everything in a text field.
    SelectAll,
    /// Deletes the selection or the character before the caret.
    Backspace,
}

impl Key {
    /// The events of pressing and releasing it.
    pub(crate) fn events(self) -> [Value; 2] {
        // (key, code, virtual key code of Windows, text, modifiers: 2 is Ctrl, 8 is Shift)
        let (key, code, number, text, modifiers) = match self {
            Self::Tab => ("Tab", "Tab", 9, "", 0),
            Self::ShiftTab => ("Tab", "Tab", 9, "", 8),
            Self::Enter => ("Enter", "Enter", 13, "\r", 0),
            Self::Space => (" ", "Space", 32, " ", 0),
            Self::SelectAll => ("a", "KeyA", 65, "", 2),
            Self::Backspace => ("Backspace", "Backspace", 8, "", 0),
        };
        let mut down = json!({
            "type": if text.is_empty() { "rawKeyDown" } else { "keyDown" },
            "key": key, "code": code, "windowsVirtualKeyCode": number, "text": text, "modifiers": modifiers,
        });
        if self == Self::SelectAll {
            down["commands"] = json!(["selectAll"]);
        }
        let up = json!({
            "type": "keyUp", "key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers,
        });
        [down, up]
    }
}
