/**
 * Says why the page cannot start, where it cannot: opened as a file, in a browser without what it needs, or with a part
 * missing. A plain script in old words, no module: it must run where nothing else of the page does.
 */

(function () {
  // (func (result v128) (i8x16.popcnt (i8x16.splat (i32.const 0)))), as in the engine's builds.js
  var SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];

  /** Whether the browser has all that the page is made of. */
  function isAbleBrowser() {
    try {
      return "noModule" in document.createElement("script") && WebAssembly.validate(new Uint8Array(SIMD));
    } catch (error) {
      return false;
    }
  }

  /**
   * In the place of "Starting…". Nothing, once the page has started: then it speaks for itself.
   *
   * @param {string} words
   */
  function say(words) {
    var place = document.querySelector(".starting");
    if (!place) return;
    var told = document.createElement("p");
    told.setAttribute("role", "alert");
    told.setAttribute("data-testid", "cannot-start");
    told.textContent = words;
    place.textContent = "";
    place.appendChild(told);
  }

  /** From files browsers check no hashes, and refuse what has one. */
  function styleWithoutHashes() {
    var links = document.querySelectorAll("link[rel=stylesheet]");
    for (var at = 0; at < links.length; at += 1) {
      var link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = /** @type {HTMLLinkElement} */ (links[at]).href;
      document.head.appendChild(link);
    }
  }

  if (location.protocol === "file:") {
    styleWithoutHashes();
    say(
      "This page was opened as a file, and from files browsers do not run what it needs. Open it through a web server " +
        "instead, on this device too: the file README.txt beside it says how, in one line."
    );
  } else if (!isAbleBrowser()) {
    say(
      "This browser is too old for Tickertone. It runs in Chrome and Edge from version 91, in Firefox from version 89, " +
        "and in Safari from version 16.4: update this one, or open the page in another."
    );
  } else {
    // A part that does not arrive is told at its element, and goes no further.
    addEventListener(
      "error",
      function (event) {
        var missing = event.target;
        if (missing instanceof HTMLScriptElement || event instanceof ErrorEvent) {
          say("A part of this page did not arrive or did not start. Check the connection, then reload the page.");
        }
      },
      true
    );
    addEventListener("unhandledrejection", function () {
      say("A part of this page did not arrive or did not start. Check the connection, then reload the page.");
    });
  }
})();
