/* What follows the colour scheme and the page without asking the server. */
(() => {
  "use strict";
  const root = document.documentElement;

  // The table's own theme follows Mantine's.
  function follow() {
    const scheme = root.getAttribute("data-mantine-color-scheme") || "light";
    if (root.dataset.agThemeMode !== scheme) root.dataset.agThemeMode = scheme;
  }
  new MutationObserver(follow).observe(root, {attributes: true, attributeFilter: ["data-mantine-color-scheme"]});
  follow();

  // A file that is too large is not sent at all, which its field does not say.
  function refuse(files) {
    const place = document.getElementById("upload-refused");
    if (!place || !files || !files.length) return;
    const most = Number(place.dataset.most);
    place.textContent = files[0].size > most
      ? `'${files[0].name}' is larger than ${most / 1e6} MB; name its path on this machine instead.` : "";
  }
  document.addEventListener("change", (event) => event.target.type === "file" && refuse(event.target.files), true);
  document.addEventListener("drop", (event) => refuse(event.dataTransfer && event.dataTransfer.files), true);

  const dag = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  // A trial's number as a link; React makes text of whatever stands in it.
  dag.TrialLink = (props) => {
    if (!props.data) return null;
    const go = (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
      event.preventDefault();
      window.history.pushState({}, "", props.data.href);
      window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
      window.scrollTo(0, 0);
    };
    return React.createElement("a", {href: props.data.href, onClick: go}, String(props.value));
  };

  // What a slider's thumb says: a number of three digits, on a scale of powers of ten where factors matter.
  const digits = (value) => String(Number(value.toPrecision(3)));
  window.dashMantineFunctions = Object.assign(window.dashMantineFunctions || {}, {
    plain: (value) => digits(value),
    power: (value) => digits(10 ** value),
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    kerasweep: {
      navbar: (opened, path, navbar) => {
        const asked = window.dash_clientside.callback_context.triggered.map((one) => one.prop_id);
        const open = asked.some((one) => one.startsWith("burger")) ? opened : false;
        return [{...navbar, collapsed: {mobile: !open}}, open];
      },
      title: (title) => {
        document.title = title ? `${title} – Kerasweep` : "Kerasweep";
        return window.dash_clientside.no_update;
      },
      compared: (rows, place) => {
        const base = place.compare;
        const numbers = (rows || []).map((row) => row.number);
        const enough = numbers.length > 1;
        const words = enough ? `Compare ${numbers.length} trials` : "Choose two trials to compare";
        return [enough ? `${base}?trials=${numbers.join(",")}` : base, words, enough ? "action" : "action off"];
      },
      comparedStudies: (names) => {
        const chosen = names || [];
        const enough = chosen.length > 1;
        const query = new URLSearchParams({studies: chosen.map(encodeURIComponent).join(",")});
        return [enough ? `/compare?${query}` : "/", enough ? `Compare ${chosen.length} studies` : "Choose two studies to compare", enough ? "action" : "action off"];
      },
    },
  });
})();
