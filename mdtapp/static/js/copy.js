// A button with data-copy="#element" (or data-copy-text) copies; its word says that it did.
export function start(button) {
  button.addEventListener("click", async () => {
    const source = button.dataset.copy ? document.querySelector(button.dataset.copy) : null;
    const text = button.dataset.copyText ?? source?.value ?? source?.textContent ?? "";
    const word = button.querySelector("span") ?? button;
    const before = word.textContent;
    try {
      await navigator.clipboard.writeText(text.trim());
      word.textContent = button.dataset.copied ?? "✓";
      setTimeout(() => { word.textContent = before; }, 2000);
    } catch {
      // No permission: mark the text, so that the person can copy it by hand.
      if (source) getSelection().selectAllChildren(source);
    }
  });
}
