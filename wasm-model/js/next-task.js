/**
 * The thread's next turn: whatever else waits there (an abort, a click, a message, a frame) comes first.
 *
 * A message rather than a timer, because browsers hold timers back that follow one another.
 */

/** @returns {Promise<void>} */
export function nextTask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
