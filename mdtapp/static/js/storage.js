// What is kept on this computer, per signed-in person. Storage may be closed or full: then nothing is kept.
const prefix = `mdtapp.${document.documentElement.dataset.user ?? ""}.`;

export function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(prefix + name));
  } catch {
    return null;
  }
}

/** True when it was kept. */
export function keep(name, value) {
  try {
    localStorage.setItem(prefix + name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function forget(name) {
  try {
    localStorage.removeItem(prefix + name);
  } catch {
    // Nothing was kept.
  }
}
