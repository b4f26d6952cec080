"use strict";
// Draws the figures: what they show is in the data block, their colors are the style sheet's custom properties.
(function () {
  const { theme, number } = chartStyle;
  const charts = JSON.parse(document.getElementById("chart-data").textContent);
  const drawn = new Map();

  function seriesOf(series, t, small) {
    const color = t.color(series.tone);
    const base = { name: series.name, color: color, data: series.points, animation: false, emphasis: { disabled: true } };
    switch (series.kind) {
      case "points":
        return {
          ...base, type: "scatter", symbolSize: (p) => 7 + 7 * Math.sqrt(p[2] || 0), z: 4,
          itemStyle: { color: color, borderColor: t.color("surface"), borderWidth: 1 },
        };
      case "intervals": {
        // Pairs of ends, with a gap after each pair.
        const gaps = [];
        for (let i = 0; i + 1 < series.points.length; i += 2) gaps.push(series.points[i], series.points[i + 1], [null, null]);
        return { ...base, type: "line", data: gaps, symbol: "none", lineStyle: { width: 2.5, color: color, opacity: 0.55 }, silent: true };
      }
      case "reference":
        return { ...base, type: "line", symbol: "none", silent: true, lineStyle: { width: 1.5, type: "dashed", color: color } };
      case "path": {
        const last = series.points.length - 1;
        const label = (text, position) => ({
          show: true, formatter: text, position, color: t.color("text"), fontFamily: t.font,
          backgroundColor: t.color("surface"), padding: [1, 4], borderRadius: 3,
        });
        const data = series.points.map((value, i) => i === 0 || i === last
          ? { value, symbolSize: 11, label: label(i === 0 ? "start" : "end", i === 0 ? "right" : "bottom") }
          : { value });
        return {
          ...base, type: "line", data, symbol: "circle", symbolSize: 6, showAllSymbol: true,
          lineStyle: { width: 1.5, color: color, opacity: 0.55 },
          itemStyle: { color: color, borderColor: t.color("surface"), borderWidth: 1 },
        };
      }
      default:
        return {
          ...base, type: "line", symbol: "circle", symbolSize: 5,
          showSymbol: series.points.length <= 12 || series.points.some((p) => p[1] === null),
          lineStyle: { width: small ? 1.75 : 2, color: color }, itemStyle: { color: color },
        };
    }
  }

  // Lines that the names take, beside each other as long as they fit: about 7 px a letter, and the sign before it.
  function legendLines(names, width) {
    let lines = 1, used = 0;
    for (const name of names) {
      const wide = name.length * 7 + 42;
      if (used > 0 && used + wide > width) [lines, used] = [lines + 1, 0];
      used += wide;
    }
    return lines;
  }

  function option(chart, t, small, width) {
    const names = chart.series.filter((s) => s.kind !== "intervals").map((s) => s.name);
    const legend = names.length > 1;
    const byItem = chart.series.some((s) => s.kind === "points" || s.kind === "path");
    const text = { color: t.color("muted"), fontFamily: t.font, fontSize: 12 };
    const whole = chart.x === "update" || chart.x === "step";
    const axis = {
      type: "value",
      axisLabel: { ...text, formatter: number, hideOverlap: true },
      axisLine: { show: true, lineStyle: { color: t.color("line-strong") } },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: t.color("line") } },
    };
    return {
      animation: false,
      textStyle: { fontFamily: t.font },
      grid: {
        left: 4, right: 14, top: legend ? 12 + 22 * legendLines(names, width) : 12, bottom: 22,
        outerBoundsMode: "same", outerBoundsContain: "axisLabel",
      },
      legend: legend
        ? { top: 0, left: 0, itemGap: 16, itemWidth: 18, itemHeight: 8, textStyle: { ...text, color: t.color("text") }, data: names }
        : undefined,
      tooltip: {
        trigger: byItem ? "item" : "axis",
        // Drawn inside the figure: no markup is made of any text, and the page's policy allows no inline style.
        renderMode: "richText",
        confine: true,
        backgroundColor: t.color("surface"),
        borderColor: t.color("line-strong"),
        textStyle: { color: t.color("text"), fontFamily: t.font, fontSize: 12 },
        axisPointer: { type: "line", lineStyle: { color: t.color("line-strong") }, snap: true },
        formatter(p) {
          const all = Array.isArray(p) ? p : [p];
          if (all.length === 0 || !all[0].value) return "";
          return [chart.x + " " + number(all[0].value[0]), ...all.map((one) => one.seriesName + "  " + number(one.value[1]))].join("\n");
        },
      },
      xAxis: {
        ...axis, minInterval: whole ? 1 : 0, name: chart.x, nameLocation: "middle", nameGap: 26, nameTextStyle: text,
        min: chart.minX ?? "dataMin", max: chart.maxX ?? (chart.minX === 0 ? undefined : "dataMax"), splitLine: { show: false },
      },
      yAxis: {
        ...axis, scale: true, min: chart.minY ?? undefined, max: chart.maxY ?? undefined, splitNumber: small ? 3 : 5,
        axisLine: { show: false },
      },
      series: chart.series.map((s) => seriesOf(s, t, small)),
    };
  }

  function draw(place) {
    const chart = charts[place.dataset.chart];
    if (!chart || place.clientWidth === 0) return;
    let view = drawn.get(place);
    if (!view) {
      view = echarts.init(place, null, { renderer: "svg" });
      drawn.set(place, view);
    }
    view.setOption(option(chart, theme(), place.clientHeight < 220, place.clientWidth), true);
  }

  function drawAll() {
    document.querySelectorAll(".chart").forEach(draw);
  }

  const root = document.documentElement;
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      // A folded figure has no width until it is opened.
      if (drawn.has(target) && target.clientWidth > 0) drawn.get(target).resize();
      draw(target);
    }
  });
  drawAll();
  document.querySelectorAll(".chart").forEach((place) => sizes.observe(place));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  addEventListener("beforeprint", () => { root.classList.add("paper"); drawAll(); });
  addEventListener("afterprint", () => { root.classList.remove("paper"); drawAll(); });
  root.dataset.charts = String(drawn.size);
})();
