"use strict";
// Draws the curves: each place names its points, the colors are the style sheet's custom properties. On canvas, since the page's
// policy allows no inline style.
(function () {
  const { theme, number } = chartStyle;
  const drawn = new Map();

  function option(chart, t, small) {
    const text = { color: t.color("muted"), fontFamily: t.font, fontSize: 12 };
    const axis = { type: "value", axisLabel: { ...text, formatter: number, hideOverlap: true }, axisTick: { show: false } };
    return {
      animation: false,
      textStyle: { fontFamily: t.font },
      grid: { left: 4, right: 14, top: 10, bottom: small ? 4 : 22, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      tooltip: {
        trigger: "axis",
        renderMode: "richText",
        confine: true,
        backgroundColor: t.color("surface"),
        borderColor: t.color("line-strong"),
        textStyle: { color: t.color("text"), fontFamily: t.font, fontSize: 12 },
        axisPointer: { type: "line", lineStyle: { color: t.color("line-strong") }, snap: true },
        formatter: (all) => all.length && all[0].value ? `${chart.step} ${number(all[0].value[0])}\n${number(all[0].value[1])}` : "",
      },
      xAxis: {
        ...axis, minInterval: 1, min: "dataMin", max: "dataMax", splitLine: { show: false }, splitNumber: small ? 3 : 8,
        axisLine: { show: true, onZero: false, lineStyle: { color: t.color("line-strong") } },
        ...(small ? {} : { name: chart.step, nameLocation: "middle", nameGap: 26, nameTextStyle: text }),
      },
      yAxis: {
        ...axis, scale: true, splitNumber: small ? 2 : 5, axisLine: { show: false }, splitLine: { lineStyle: { color: t.color("line") } },
      },
      // A long curve can be looked at in parts: with the wheel, or by dragging.
      dataZoom: small ? [] : [{ type: "inside", zoomOnMouseWheel: "ctrl" }],
      series: [{
        name: chart.name, type: "line", data: chart.points, animation: false, emphasis: { disabled: true },
        symbol: "circle", symbolSize: 5, showSymbol: chart.points.length <= 12 || chart.points.some((p) => p[1] === null),
        lineStyle: { width: small ? 1.75 : 2, color: t.color("after") }, itemStyle: { color: t.color("after") },
      }],
    };
  }

  function draw(place) {
    if (place.clientWidth === 0) return;
    const key = place.dataset.chart + matchMedia("(prefers-color-scheme: dark)").matches;
    let view = drawn.get(place);
    if (!view) {
      view = { chart: echarts.init(place, null, { renderer: "canvas" }), key: "" };
      drawn.set(place, view);
      sizes.observe(place);
    }
    if (view.key === key) return;
    view.key = key;
    // Merged, so that the part that was zoomed to stays.
    const data = JSON.parse(place.dataset.chart);
    const other = data.kind && typeof chartKinds === "object" ? chartKinds[data.kind] : null;
    view.chart.setOption(other ? other(data, theme()) : option(data, theme(), place.clientHeight < 220), Boolean(other));
  }

  function drawAll() {
    for (const [place, { chart }] of drawn) {
      if (place.isConnected) continue;
      chart.dispose();
      sizes.unobserve(place);
      drawn.delete(place);
    }
    document.querySelectorAll("[data-chart]").forEach(draw);
    document.documentElement.dataset.charts = String(drawn.size);
  }

  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.clientWidth > 0) drawn.get(target)?.chart.resize();
    }
  });
  drawAll();
  document.addEventListener("rlhf:refreshed", drawAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();
