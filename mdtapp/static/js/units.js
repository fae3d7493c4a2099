// Shows what a number typed in another unit is in the field's own one. The server converts again when it saves.

const DIGITS = 4;
const NUMBER = /^([+-]?\d+(?:\.\d+)?)\s*(.*)$/;
const plain = (unit) => unit.normalize("NFKC").toLowerCase().replace(/μ/g, "u").replace(/[×*\s]/g, "");

function update(line) {
  const box = line.querySelector("[data-converted]");
  const [, amount, written] = NUMBER.exec(line.querySelector("input").value.normalize("NFKC").trim()) ?? [];
  const chosen = line.querySelector("select")?.selectedOptions[0];
  const units = JSON.parse(line.dataset.units);
  const code = written ? plain(written) : plain(chosen?.value ?? "");
  const unit = amount === undefined ? undefined : units.find((one) => plain(one.code) === code || plain(one.words) === code);
  box.hidden = !unit;
  box.textContent = unit ? `= ${Number((Number(amount) * unit.factor).toPrecision(DIGITS))} ${line.dataset.unitWords}` : "";
}

export function start(form) {
  for (const line of form.querySelectorAll("[data-units]")) update(line);
  const onChange = (event) => {
    const line = event.target.closest("[data-units]");
    if (line) update(line);
  };
  form.addEventListener("input", onChange);
  form.addEventListener("change", onChange);
}
