// Changing the language of the page saves what is being written first, so that it is there in the other language.

const LONGEST_WAIT = 4000;

export function start(form) {
  let ready = false;
  form.addEventListener("submit", (event) => {
    const written = document.querySelector("form[data-autosave-url]");
    const state = written?.querySelector("[data-autosave-status]")?.dataset.state;
    if (ready || !["unsaved", "saving"].includes(state)) return;
    event.preventDefault();
    const { submitter } = event;
    const goOn = () => {
      if (ready) return;
      ready = true;
      form.requestSubmit(submitter);
    };
    // Without a line the text stays on this computer and is offered again.
    written.addEventListener("autosaved", goOn, { once: true });
    setTimeout(goOn, LONGEST_WAIT);
    written.dispatchEvent(new CustomEvent("save-now"));
  });
}
