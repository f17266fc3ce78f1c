(() => {
  "use strict";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const plots = [...document.querySelectorAll(".plot")];
  const config = {responsive: true, displayModeBar: matchMedia("(hover: hover)").matches ? "hover" : false, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d"]};

  function colours() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    return {
      "font.color": read("--plot-ink"),
      "hoverlabel.bgcolor": read("--panel"),
      "hoverlabel.bordercolor": read("--line"),
      "hoverlabel.font.color": read("--ink"),
      "modebar.bgcolor": "rgba(0, 0, 0, 0)",
      "modebar.color": read("--soft"),
      "modebar.activecolor": read("--accent"),
    };
  }

  function draw(plot) {
    try {
      const figure = JSON.parse(document.getElementById(`${plot.id}-data`).textContent);
      for (const [path, colour] of Object.entries(colours())) {
        const keys = path.split(".");
        const last = keys.pop();
        keys.reduce((node, key) => (node[key] ??= {}), figure.layout)[last] = colour;
      }
      Plotly.newPlot(plot, figure.data, figure.layout, config);
    } catch (error) {
      plot.textContent = "This figure could not be drawn.";
      console.error("Kerasweep figure:", error);
    }
  }

  function recolour() {
    plots.filter((plot) => plot.data).forEach((plot) => Plotly.relayout(plot, colours()));
  }

  // Plotly's script is packed, which makes the file half as large.
  async function unpackPlotly() {
    const packed = document.getElementById("plotly");
    const bytes = Uint8Array.from(atob(packed.textContent), (letter) => letter.charCodeAt(0));
    packed.remove();
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  }
  function fail(error) {
    plots.forEach((plot) => (plot.textContent = "The figures need a browser from 2023 or later; all tables and readings are complete."));
    console.error("Kerasweep figures:", error);
  }

  // One figure at a time, top to bottom, so that the page can be read and scrolled meanwhile.
  const waiting = [...plots];
  function next() {
    const plot = waiting.shift();
    if (!plot) {
      document.documentElement.dataset.figures = "drawn";
      return;
    }
    draw(plot);
    setTimeout(next, 0);
  }
  // Figures keep the width that they are drawn in: on paper they would be cut where the page is narrower than the screen.
  function fit(printing) {
    document.documentElement.classList.toggle("printing", printing);
    recolour();
    plots.filter((plot) => plot.data).forEach((plot) => Plotly.Plots.resize(plot));
  }
  dark.addEventListener("change", recolour);
  addEventListener("beforeprint", () => {
    if (!window.Plotly) return;
    waiting.splice(0).forEach(draw);
    fit(true);
  });
  addEventListener("afterprint", () => fit(false));

  const nav = document.querySelector("nav");
  const toggle = nav.querySelector(".toggle");
  const links = new Map([...nav.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
  const cards = [...document.querySelectorAll(".card")];

  function open(shown) {
    nav.classList.toggle("open", shown);
    toggle.setAttribute("aria-expanded", shown);
  }
  nav.classList.add("scripted");
  toggle.hidden = false;
  toggle.addEventListener("click", () => open(!nav.classList.contains("open")));
  nav.addEventListener("click", (event) => event.target.closest("a") && open(false));

  // The card at the top of the page, as the table of contents marks it and as j and k step from it.
  function current() {
    return cards.findLastIndex((card) => card.getBoundingClientRect().top < innerHeight / 3);
  }
  function mark() {
    const link = links.get(cards[current()]?.id);
    if (!link || link.hasAttribute("aria-current")) return;
    nav.querySelector("[aria-current]")?.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    link.closest("details")?.setAttribute("open", "");
    if (getComputedStyle(toggle).display === "none") link.scrollIntoView({block: "nearest", behavior: "instant"});
  }
  let marking = 0;
  addEventListener("scroll", () => {
    cancelAnimationFrame(marking);
    marking = requestAnimationFrame(mark);
  }, {passive: true});

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    if (event.key === "Escape") open(false);
    const step = {j: 1, k: -1}[event.key];
    const card = step && cards[current() + step];
    if (!card) return;
    card.scrollIntoView({block: "start"});
    card.setAttribute("tabindex", "-1");
    card.focus({preventScroll: true});
  });
  // What is no number, an absent value above all, comes last whichever way a table is sorted.
  function sortable(text) {
    const number = Number(text.split(" ")[0].replaceAll(",", ""));
    return text !== "" && Number.isFinite(number) ? number : text === "–" ? null : text;
  }

  function compare(one, other) {
    if (typeof one === typeof other) return typeof one === "number" ? one - other : one.localeCompare(other);
    return typeof one === "number" ? -1 : 1;
  }

  function makeSortable(table) {
    const body = table.tBodies[0];
    const headers = [...table.tHead.rows[0].cells];
    headers.forEach((header, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => {
        const falling = header.getAttribute("aria-sort") === "ascending";
        headers.forEach((other) => other.removeAttribute("aria-sort"));
        header.setAttribute("aria-sort", falling ? "descending" : "ascending");
        const keyed = [...body.rows].map((row) => [sortable(row.cells[place].textContent.trim()), row]);
        keyed.sort(([one], [other]) => {
          if (one === null || other === null) return (one === null) - (other === null);
          return falling ? compare(other, one) : compare(one, other);
        });
        body.append(...keyed.map(([, row]) => row));
      });
    });
  }

  function makeSearchable(table) {
    const rows = [...table.tBodies[0].rows];
    const texts = rows.map((row) => row.textContent.replace(/\s+/g, " ").toLowerCase());
    const box = document.createElement("p");
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), {type: "search", autocomplete: "off"});
    const count = document.createElement("output");
    function filter() {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, place) => {
        row.hidden = !words.every((word) => texts[place].includes(word));
        shown += !row.hidden;
      });
      count.textContent = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
    }
    box.className = "search";
    label.append("Search ", input);
    box.append(label, count);
    table.parentElement.before(box);
    input.addEventListener("input", filter);
    filter();
  }

  for (const table of document.querySelectorAll("table.searchable")) {
    makeSortable(table);
    makeSearchable(table);
  }
  mark();
  if (plots.length) unpackPlotly().then(next, fail);
  else next();
})();
