// Runs before the first paint: the theme this person chose on this computer, else what the system prefers.
// A page beside images says itself that it is always dark. A classic script on purpose: a module would run after the paint.
(() => {
  const root = document.documentElement;
  const key = `mdtapp.theme.${root.dataset.user ?? ""}`;
  const stored = () => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const apply = (theme) => {
    root.dataset.bsTheme = theme;
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.setAttribute("aria-pressed", String(theme === "dark"));
    }
  };
  root.classList.add("has-scripts");
  apply(root.dataset.always ?? stored() ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        const theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
        apply(theme);
        try {
          localStorage.setItem(key, theme);
        } catch {
          // Storage is closed: the choice lasts for this page.
        }
      });
    }
    apply(root.dataset.bsTheme);
  });
})();
