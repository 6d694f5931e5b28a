"use strict";
(() => {
  const curves = JSON.parse(document.getElementById("curves").textContent);
  const chart = document.getElementById("chart");
  const legend = document.getElementById("legend");
  const GRID_POINTS = 600;
  const PALETTE_SIZE = 8;
  const HEIGHT = 380;
  const SMOOTHING = 0.02; // of the curve's length
  const LABELS = { tokens: "training " + curves.units, flops: "training FLOPs", seconds: "training seconds" };
  const state = { axis: "tokens", log: false, smooth: true, hidden: new Set() };
  let plot = null;

  const color = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const modelColor = (model) => color("--c" + (model % PALETTE_SIZE));

  /** Pairs of finite numbers only; a logarithm wants positive ones. */
  function points(seed) {
    const xs = [];
    const ys = [];
    seed[state.axis].forEach((x, i) => {
      if (x !== null && seed.loss[i] !== null && (!state.log || x > 0)) {
        xs.push(x);
        ys.push(seed.loss[i]);
      }
    });
    return { xs, ys: state.smooth ? smoothed(ys) : ys };
  }

  /** A running mean: narrower at the steep beginning, one-sided at the flat end. */
  function smoothed(ys) {
    const radius = Math.round((ys.length * SMOOTHING) / 2);
    const sums = [0];
    ys.forEach((y, i) => sums.push(sums[i] + y));
    return ys.map((_, i) => {
      const begin = i - Math.min(radius, i);
      const end = Math.min(i + Math.min(radius, i) + 1, ys.length);
      return (sums[end] - sums[begin]) / (end - begin);
    });
  }

  /** The curve's values on a grid, by straight lines between its points; null outside it. */
  function onGrid({ xs, ys }, grid) {
    let i = 0;
    return grid.map((x) => {
      if (xs.length === 0 || x < xs[0] || x > xs[xs.length - 1]) return null;
      while (i < xs.length - 2 && xs[i + 1] < x) i++;
      if (xs.length === 1 || xs[i + 1] === xs[i]) return ys[i];
      return ys[i] + ((ys[i + 1] - ys[i]) * (x - xs[i])) / (xs[i + 1] - xs[i]);
    });
  }

  function gridOver(seeds) {
    const ends = seeds.filter((s) => s.xs.length > 0);
    if (ends.length === 0) return [1, 10];
    const low = Math.min(...ends.map((s) => s.xs[0]));
    const high = Math.max(...ends.map((s) => s.xs[s.xs.length - 1]));
    const at = (i) => i / (GRID_POINTS - 1);
    const grid = Array.from({ length: GRID_POINTS }, (_, i) =>
      state.log ? low * (high / low) ** at(i) : low + (high - low) * at(i));
    // Rounding must not push the ends outside the curves.
    grid[0] = low;
    grid[GRID_POINTS - 1] = high;
    return low < high ? grid : [low];
  }

  const fold = (columns, combine) =>
    columns[0].map((_, i) => {
      const values = columns.map((column) => column[i]).filter((y) => y !== null);
      return values.length === columns.length ? combine(values) : null;
    });

  /** Columns for the plot: x, then mean, lowest and highest seed of every model. */
  function table() {
    const models = curves.models.map((model) => model.seeds.map(points));
    const grid = gridOver(models.flat());
    const columns = [grid];
    models.forEach((seeds) => {
      const ys = seeds.map((seed) => onGrid(seed, grid));
      columns.push(
        fold(ys, (v) => v.reduce((a, b) => a + b, 0) / v.length),
        fold(ys, (v) => Math.min(...v)),
        fold(ys, (v) => Math.max(...v)));
    });
    return columns;
  }

  function seriesOf(model) {
    const show = !state.hidden.has(model);
    const edge = { show, stroke: "transparent", width: 0, points: { show: false } };
    const line = { show, stroke: modelColor(model), width: 1.75, points: { show: false } };
    return [line, edge, { ...edge }];
  }

  const UNITS = [[1e18, "E"], [1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];

  function short(value) {
    if (value === null || value === undefined) return "";
    const unit = UNITS.find(([size]) => Math.abs(value) >= size);
    return unit ? +(value / unit[0]).toPrecision(4) + " " + unit[1] : "" + +value.toPrecision(4);
  }

  /** From the lowest loss to where the steep beginning ends, lest that flatten all the rest. */
  function lossRange(columns) {
    const means = columns.filter((_, i) => i % 3 === 1 && !state.hidden.has((i - 1) / 3));
    const rest = means.flatMap((ys) => ys.filter((y) => y !== null).slice(Math.ceil(ys.length / 50)));
    const all = rest.length > 0 ? rest : means.flat().filter((y) => y !== null);
    if (all.length === 0) return [0, 1];
    return padded(Math.min(...all), Math.max(...all));
  }

  function padded(low, high) {
    const margin = (high - low || Math.abs(low) || 1) * 0.05;
    return [low - margin, high + margin];
  }

  /** Whether the losses in view are not all there are. */
  function isPart(columns, min, max) {
    const ys = columns.filter((_, i) => i > 0 && !state.hidden.has(Math.floor((i - 1) / 3))).flat();
    return ys.some((y) => y !== null && (y < min || y > max));
  }

  /** All of the curves, and something to look at where there is one point or none. */
  const spendRange = (_, min, max) => (min < max ? [min, max] : min > 0 ? [min / 2, min * 2] : [1, 10]);

  /** 1, 2 and 5 of every decade. */
  function logTicks(min, max) {
    const ticks = [];
    for (let power = Math.floor(Math.log10(min)); power <= Math.log10(max); power++) {
      ticks.push(...[1, 2, 5].map((digit) => digit * 10 ** power));
    }
    return ticks.filter((tick) => tick >= min && tick <= max);
  }

  function options(columns) {
    const font = "12px " + getComputedStyle(document.body).fontFamily;
    const axis = {
      stroke: color("--faint"),
      font,
      labelFont: font,
      labelSize: 22,
      grid: { stroke: color("--rule"), width: 1 },
      ticks: { stroke: color("--rule"), width: 1, size: 4 },
    };
    const xAxis = { ...axis, size: 36, label: LABELS[state.axis] };
    xAxis.values = (_, ticks) => ticks.map(short);
    if (state.log) {
      xAxis.splits = (u, index, min, max) => logTicks(min, max);
      xAxis.filter = (_, ticks) => ticks;
    }
    const wash = (i) => modelColor(i) + "26";
    const whole = lossRange(columns);
    return {
      width: chart.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      padding: [8, 14, 0, 0],
      cursor: { y: false, points: { size: 7 }, drag: { x: true, y: false, setScale: true } },
      scales: {
        x: { time: false, distr: state.log ? 3 : 1, range: spendRange },
        y: {
          range: (_, min, max) =>
            min !== null && isPart(columns, min, max) ? padded(min, max) : whole,
        },
      },
      axes: [
        xAxis,
        { ...axis, size: 52, label: "training loss, " + curves.unit },
      ],
      series: [{}, ...curves.models.flatMap((_, i) => seriesOf(i))],
      bands: curves.models
        .map((model, i) => ({ series: [3 * i + 3, 3 * i + 2], fill: wash(i), model }))
        .filter((band) => band.model.seeds.length > 1),
      hooks: { setCursor: [showValues] },
    };
  }

  function showValues(u) {
    legend.querySelectorAll(".value").forEach((value, i) => {
      const y = u.cursor.idx === null || u.cursor.idx === undefined ? null : u.data[3 * i + 1][u.cursor.idx];
      value.textContent = y === null ? "" : y.toFixed(4);
    });
  }

  function draw() {
    if (plot) plot.destroy();
    plot = null;
    const columns = table();
    plot = new uPlot(options(columns), columns, chart);
  }

  function buildLegend() {
    curves.models.forEach((model, i) => {
      const button = document.createElement("button");
      const swatch = document.createElement("span");
      const value = document.createElement("span");
      swatch.className = "swatch c" + (i % PALETTE_SIZE);
      value.className = "value";
      button.type = "button";
      button.setAttribute("aria-pressed", "true");
      button.append(swatch, model.name, value);
      button.addEventListener("click", () => {
        const hide = !state.hidden.has(i);
        state.hidden[hide ? "add" : "delete"](i);
        button.setAttribute("aria-pressed", String(!hide));
        draw();
      });
      legend.append(button);
    });
  }

  function listen() {
    const axes = document.querySelectorAll("[data-axis]");
    axes.forEach((button) =>
      button.addEventListener("click", () => {
        state.axis = button.dataset.axis;
        axes.forEach((b) => b.setAttribute("aria-pressed", String(b === button)));
        draw();
      }));
    for (const name of ["log", "smooth"]) {
      document.getElementById(name).addEventListener("change", (event) => {
        state[name] = event.target.checked;
        draw();
      });
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    new ResizeObserver(() => {
      if (plot && plot.width !== chart.clientWidth) {
        plot.setSize({ width: chart.clientWidth, height: HEIGHT });
      }
    }).observe(chart);
    addEventListener("beforeprint", () => {
      document.documentElement.dataset.print = "";
      document.querySelectorAll("details:not([open])").forEach((details) => {
        details.open = true;
        details.dataset.closed = "";
      });
      draw();
    });
    addEventListener("afterprint", () => {
      delete document.documentElement.dataset.print;
      document.querySelectorAll("details[data-closed]").forEach((details) => {
        details.open = false;
        delete details.dataset.closed;
      });
      draw();
    });
  }

  buildLegend();
  listen();
  draw();
})();
