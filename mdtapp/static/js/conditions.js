// Hides questions that are not asked while their condition does not hold, unless they hold an answer or all are wanted.
// The server decides again when it saves.
// A condition is {behaviour: "all"|"any", when: [{question, operator, answer, negate} or a nested condition], negate}.

const filled = (value) => {
  if (value === null || value === undefined) return false;
  if (typeof value === "string") return value.trim() !== "";
  if (Array.isArray(value)) return value.some(filled);
  return true;
};

// What a form sends is text: numbers and yes/no are compared as what they mean.
const same = (left, right) => {
  if (left === null || left === undefined) return false;
  if (typeof right === "boolean") return left === right || String(left) === (right ? "true" : "false");
  if (typeof right === "number") return left !== "" && Number(left) === right;
  return String(left) === String(right);
};

const isNumber = (value) => typeof value === "number" || (typeof value === "string" && filled(value) && !Number.isNaN(Number(value)));
const compared = (test) => (left, right) => isNumber(left) && test(Number(left), Number(right));

const OPERATORS = {
  exists: (left, wanted) => filled(left) === wanted,
  "=": same,
  "!=": (left, right) => !same(left, right),
  ">": compared((a, b) => a > b),
  "<": compared((a, b) => a < b),
  ">=": compared((a, b) => a >= b),
  "<=": compared((a, b) => a <= b),
  in: (left, list) => list.some((one) => same(left, one)),
  "contains-any": (left, list) => [left].flat(2).some((part) => list.some((one) => same(part, one))),
  "starts-with": (left, start) => typeof left === "string" && left.startsWith(start),
};

/** Whether a condition holds; `answer(question)` gives the present answer. */
export function holds(condition, answer) {
  if (!condition) return true;
  let met;
  if (condition.question !== undefined) met = OPERATORS[condition.operator](answer(condition.question), condition.answer);
  else if (condition.behaviour === "any") met = condition.when.some((part) => holds(part, answer));
  else met = condition.when.every((part) => holds(part, answer));
  return met !== Boolean(condition.negate);
}

/** The answer a control group gives: text, a list for tick boxes, true or false for a single tick, null for none. */
function valueOf(controls) {
  const [first] = controls;
  if (!first) return null;
  if (first.type === "radio") return controls.find((control) => control.checked)?.value ?? null;
  if (first.type === "checkbox") {
    if (controls.length === 1 && ["y", "true", "on"].includes(first.value)) return first.checked;
    return controls.filter((control) => control.checked).map((control) => control.value);
  }
  if (first.multiple) return [...first.selectedOptions].map((option) => option.value);
  return first.value === "" ? null : first.value;
}

/** Reads answers by the name of the question: inside a table first of its own row, then of the form. */
function reader(form, facts, near) {
  const prefix = form.dataset.prefix ?? "";
  const named = (name) => [...form.elements].filter((control) => control.name === name && control.type !== "hidden");
  return (question) => {
    if (question in facts) return facts[question];
    const row = near?.dataset.question?.match(/^(.*-\d+-)[^-]+$/)?.[1];
    const own = row ? named(row + question) : [];
    if (own.length) return valueOf(own);
    const plain = named(prefix + question);
    if (plain.length) return valueOf(plain);
    const [table, column] = question.split(".");
    if (!column) return null;
    const pattern = new RegExp(`^${CSS.escape(prefix + table)}-\\d+-${CSS.escape(column)}$`);
    const names = new Set([...form.elements].map((control) => control.name).filter((name) => pattern.test(name)));
    return [...names].map((name) => valueOf(named(name)));
  };
}

/** Whether a part of the form holds an answer: such a part stays in view, whatever its condition says. */
function holdsAnswer(part) {
  return [...part.querySelectorAll("input[name]:not([type=hidden]), select[name], textarea[name]")].some((control) => {
    if (control.type === "radio" || control.type === "checkbox") return control.checked && control.value !== "";
    return control.value.trim() !== "" && !control.hasAttribute("data-unit");
  });
}

export function start(form) {
  const facts = JSON.parse(form.dataset.facts ?? "{}");
  const all = form.querySelector("[data-all-questions]");
  const update = () => {
    const showAll = all?.getAttribute("aria-pressed") === "true";
    for (const part of form.querySelectorAll("[data-shown-if]")) {
      const asked = holds(JSON.parse(part.dataset.shownIf), reader(form, facts, part));
      part.hidden = !asked && !showAll && !holdsAnswer(part);
      part.classList.toggle("not-asked", !asked && !part.hidden);
    }
    for (const group of form.querySelectorAll("[data-hide-when-empty]")) {
      group.hidden = [...group.querySelectorAll("[data-question]")].every((part) => part.hidden);
    }
  };
  if (all) {
    all.hidden = false;
    all.addEventListener("click", () => {
      all.setAttribute("aria-pressed", String(all.getAttribute("aria-pressed") !== "true"));
      update();
    });
  }
  form.addEventListener("input", update);
  form.addEventListener("change", update);
  form.addEventListener("rows-changed", update);
  update();
}
