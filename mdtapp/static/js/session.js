// Two minutes before the session ends by itself the page says so, and can stay signed in.
const BEFORE = 2 * 60 * 1000;

export function startSession() {
  const warning = document.querySelector("[data-session-warning]");
  const minutes = Number(document.documentElement.dataset.idleMinutes);
  if (!warning || !document.documentElement.dataset.user || !(minutes > 0)) return;
  let timer = null;
  const begin = () => {
    warning.hidden = true;
    clearTimeout(timer);
    timer = setTimeout(() => { warning.hidden = false; }, minutes * 60 * 1000 - BEFORE);
  };
  warning.querySelector("[data-session-stay]").addEventListener("click", async () => {
    const answer = await fetch(location.href, { method: "HEAD", redirect: "manual" }).catch(() => null);
    if (answer?.ok) begin();
    else location.reload();
  });
  document.addEventListener("autosaved", begin); // a save counts as being there
  begin();
}
