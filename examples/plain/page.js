import { Classifier } from "./tickertone/tickertone.js";

const form = document.querySelector("form");
const output = document.querySelector("output");
const loading = Classifier.load({ model: "model.gguf" });

async function answer() {
  try {
    const classifier = await loading;
    const [{ label, scores }] = await classifier.classify([form.elements.text.value]);
    output.textContent = `${label}, ${Math.round(scores[label] * 100)} %`;
  } catch ({ message }) {
    output.textContent = message;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  answer();
});
answer();
