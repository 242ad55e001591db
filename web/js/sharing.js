/**
 * What leaves the page by the visitor's own hand: the clipboard.
 */

/**
 * Copies a text. False where the browser does not allow it; then the page shows the text to be copied by hand.
 *
 * @param {string} text
 * @returns {Promise<boolean>}
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // no permission, or no secure context
  }
}
