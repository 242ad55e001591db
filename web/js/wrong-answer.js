/**
 * What a server, or a network on the way to it, sends in place of a file: in words for people, each with what they can
 * do. One place for the list of models and the models themselves, since both meet the same.
 */

/**
 * No answer at all.
 *
 * @param {string} what  as the subject of a sentence: "The list of models"
 */
export function noAnswer(what) {
  return new Error(`${what} did not arrive: the server cannot be reached. Check the connection and try again.`);
}

/**
 * An answer that is not 200.
 *
 * @param {string} what
 * @param {Response} response
 */
export function refusal(what, { status, headers }) {
  return new Error(`${what} did not arrive: ${reason(status, headers.get("retry-after"))}`);
}

/**
 * An answer that holds something else.
 *
 * @param {string} what
 * @param {string} beginning  the first characters of it
 */
export function mistake(what, beginning) {
  if (/^\s*</.test(beginning)) {
    return new Error(
      `A web page arrived in place of ${lower(what)}. If this network asks you to sign in, do that in another tab, ` +
        "then try again here.",
    );
  }
  if (beginning.startsWith("version https://git-lfs")) {
    return new Error(
      `Only a placeholder arrived in place of ${lower(what)}: the file itself was never put on the server. Please tell ` +
        "whoever runs this site.",
    );
  }
  return new Error(
    `Something else arrived in place of ${lower(what)}. Reload the page; if that does not help, please tell whoever ` +
      "runs this site.",
  );
}

/**
 * @param {number} status
 * @param {string | null} retryAfter
 */
function reason(status, retryAfter) {
  if (status === 429 || status === 503) {
    const wait = Number(retryAfter) > 0 ? `${Number(retryAfter)} seconds` : "a minute";
    return `the server has too much to do right now. Wait ${wait}, then try again.`;
  }
  if (status === 404 || status === 410) {
    return "the server does not have it any more. Reload the page to get what there is now.";
  }
  if (status === 401 || status === 403 || status === 407) {
    return "the server does not hand it out without signing in. Sign in to this site or network, then try again.";
  }
  return `the server answered with an error (${status}). Try again in a few minutes.`;
}

/** @param {string} what */
function lower(what) {
  return what.charAt(0).toLowerCase() + what.slice(1);
}
