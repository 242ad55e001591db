import { Classifier } from "./tickertone/service-worker.js";

const COLORS = { Bullish: "#1a7f37", Bearish: "#b42318", Neutral: "#57606a" };

/** Loaded when it is first needed; the browser ends an idle service worker, and with it this. */
let loading;

async function classify(text) {
  loading ??= Classifier.load({ model: "model.gguf" });
  const [prediction] = await (await loading).classify([text]);
  return prediction;
}

chrome.runtime.onInstalled.addListener(() => {
  chrome.contextMenus.create({ id: "mood", title: "Mood of “%s”", contexts: ["selection"] });
});

chrome.contextMenus.onClicked.addListener(async ({ selectionText }) => {
  const { label, uncertain } = await classify(selectionText);
  await chrome.action.setBadgeBackgroundColor({ color: COLORS[label] ?? "#57606a" });
  await chrome.action.setBadgeText({ text: uncertain ? "?" : label.slice(0, 4) });
});

chrome.runtime.onMessage.addListener((text, _sender, answer) => {
  classify(text).then(answer, ({ message }) => answer({ error: message }));
  return true; // the answer comes later
});
