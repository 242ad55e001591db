/**
 * Whether the server offers another version than the one that is open.
 */

/**
 * Calls back once when there is a newer version of page or models, ready to be switched to.
 *
 * @param {() => void} _onUpdate
 */
export function watchForUpdates(_onUpdate) {}

/** Switches to the newer version: the page is loaded again. */
export function applyUpdate() {
  location.reload();
}
