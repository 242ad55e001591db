import { Classifier } from "tickertone";

const output = document.querySelector("output")!;
const progress = document.querySelector("progress")!;
const list = document.querySelector("ul")!;

const texts = ["$TSLA to the moon, record deliveries", "", "Shares plunge after a profit warning"];

try {
  const classifier = await Classifier.load({
    model: `${import.meta.env.BASE_URL}model.gguf`,
    onProgress: ({ loaded, total }) => {
      if (total !== undefined) progress.value = loaded / total;
    },
  });
  for await (const { text, prediction, error } of classifier.stream(texts)) {
    const item = document.createElement("li");
    item.textContent = `${text || "(nothing)"}: ${prediction?.label ?? error?.message}`;
    list.append(item);
  }
  const [first] = await classifier.classify(texts, { onError: "null" });
  output.textContent = `${first?.label} by ${classifier.info.engine}`;
} catch (error) {
  output.textContent = String(error);
}
