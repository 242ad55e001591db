const form = document.querySelector("form");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { label, error } = await chrome.runtime.sendMessage(form.elements.text.value);
  form.querySelector("output").textContent = label ?? error;
});
