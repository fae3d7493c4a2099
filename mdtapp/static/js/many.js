// A long list of tick boxes: typing narrows it, Enter ticks the first that matches, what is ticked stays in view.

const words = (choice) => choice.textContent.normalize("NFKC").toLowerCase();

class Many {
  constructor(box) {
    this.box = box;
    this.choices = [...box.querySelectorAll(".choice")];
    this.tools = box.querySelector("[data-many-tools]");
    this.filter = this.tools.querySelector("input");
    this.all = this.tools.querySelector("button");
    this.tools.hidden = false;
    this.filter.addEventListener("input", (event) => { event.stopPropagation(); this.update(); });
    this.filter.addEventListener("keydown", (event) => this.onKey(event));
    this.all.addEventListener("click", () => {
      this.all.setAttribute("aria-expanded", String(!this.isOpen()));
      this.update();
    });
    box.addEventListener("change", () => this.update());
    box.form?.addEventListener("input", () => this.update()); // kept text is put back
    this.update();
  }

  isOpen() {
    return this.all.getAttribute("aria-expanded") === "true";
  }

  matches() {
    const wanted = this.filter.value.normalize("NFKC").trim().toLowerCase();
    return wanted ? this.choices.filter((choice) => words(choice).includes(wanted)) : [];
  }

  update() {
    const found = this.matches();
    for (const choice of this.choices) {
      const ticked = choice.querySelector("input").checked;
      choice.hidden = !(ticked || found.includes(choice) || (this.isOpen() && !this.filter.value.trim()));
      choice.classList.toggle("first-match", choice === found[0]);
    }
    const status = this.tools.querySelector("[role=status]");
    status.textContent = this.filter.value.trim() ? status.dataset.words.replace("{count}", String(found.length)) : "";
  }

  onKey(event) {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape" && this.filter.value) {
      this.filter.value = "";
      this.update();
    } else if (event.key === "Enter" && this.filter.value.trim()) {
      this.matches()[0]?.querySelector("input").click();
      this.filter.value = "";
      this.update();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

export function start(box) {
  if (!box.closest("template")) new Many(box);
}
