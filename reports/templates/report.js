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
  dark.addEventListener("change", recolour);
  addEventListener("beforeprint", () => {
    waiting.splice(0).forEach(draw);
    recolour();
    plots.filter((plot) => plot.data).forEach((plot) => Plotly.Plots.resize(plot));
  });
  addEventListener("afterprint", recolour);
  next();
})();
