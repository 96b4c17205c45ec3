// Runs after Vega in one script. Each chart is drawn live beside its static picture, which stays in
// the page for print, for browsers without script, and where the live one cannot be drawn.
const { config, charts } = JSON.parse(document.getElementById("live-charts").textContent);
const nothing = () => Promise.reject(new Error("nothing is loaded"));
const options = {
  mode: "vega-lite",
  config,
  actions: false,
  defaultStyle: false,
  renderer: "svg",
  ast: true,
  loader: { load: nothing, sanitize: nothing },
  tooltip: { theme: "plain", disableDefaultStyle: true },
};
const draw = async (figure, spec) => {
  const chart = figure.querySelector(".chart");
  const still = chart.querySelector("svg");
  const live = document.createElement("div");
  live.className = "live";
  live.setAttribute("role", "img");
  for (const name of ["aria-labelledby", "aria-describedby"]) {
    live.setAttribute(name, still.getAttribute(name));
  }
  await vegaEmbed(live, spec, options);
  // The whole is one image with a name; Vega's roles inside of it have none.
  for (const mark of live.querySelectorAll("svg, svg *")) {
    for (const name of ["role", "aria-roledescription", "aria-label"]) mark.removeAttribute(name);
  }
  chart.append(live);
  still.classList.add("still");
};
document.fonts.ready.then(async () => {
  for (const [ident, spec] of Object.entries(charts)) {
    try {
      await draw(document.getElementById(ident), spec);
    } catch (error) {
      document.documentElement.dataset.undrawn = `${ident}: ${error.message}`;
    }
  }
  document.documentElement.dataset.live = "done";
});
