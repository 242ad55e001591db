import { Classifier } from "tickertone";

const output = document.querySelector("output");

Classifier.load({ model: "model.gguf" })
  .then(async (classifier) => {
    const { prediction, words } = await classifier.explain("$TSLA to the moon, record deliveries");
    const [{ word }] = words.toSorted((one, other) => other.contribution - one.contribution);
    output.textContent = `${prediction.label}, most of all for “${word}”`;
  })
  .catch((error) => (output.textContent = String(error)));
