"use strict";
// Estimates with their intervals, one row each, best read from top to bottom: a point, and a line from end to end of its interval.
const chartKinds = {
  // data: { kind: "intervals", axis, reference?, min?, max?, rows: [{ name, value, low, high }] }
  intervals(data, t) {
    const { number } = chartStyle;
    const narrow = window.innerWidth < 600;
    const text = { color: t.color("muted"), fontFamily: t.font, fontSize: 12 };
    const names = data.rows.map((row) => row.name);
    const ends = [];
    data.rows.forEach((row, i) => {
      if (row.low !== null && row.high !== null) ends.push([row.low, i], [row.high, i], [null, null]);
    });
    const reference = data.reference === null || data.reference === undefined ? [] : [{
      type: "line", silent: true, symbol: "none", animation: false, z: 1,
      data: [[data.reference, -0.5], [data.reference, names.length - 0.5]],
      lineStyle: { width: 1.5, type: "dashed", color: t.color("line-strong") },
    }];
    return {
      animation: false,
      textStyle: { fontFamily: t.font },
      grid: { left: 4, right: 18, top: 8, bottom: 26, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      tooltip: {
        trigger: "item",
        renderMode: "richText",
        confine: true,
        backgroundColor: t.color("surface"),
        borderColor: t.color("line-strong"),
        textStyle: { color: t.color("text"), fontFamily: t.font, fontSize: 12 },
        formatter(point) {
          const row = data.rows[point.value[1]];
          return row.low === null || row.high === null
            ? `${row.name}\n${number(row.value)}` : `${row.name}\n${number(row.value)} (${number(row.low)} … ${number(row.high)})`;
        },
      },
      xAxis: {
        type: "value", scale: true, min: data.min ?? undefined, max: data.max ?? undefined,
        axisLabel: { ...text, formatter: number, hideOverlap: true }, axisTick: { show: false },
        axisLine: { show: true, onZero: false, lineStyle: { color: t.color("line-strong") } },
        splitLine: { lineStyle: { color: t.color("line") } },
        name: data.axis, nameLocation: "middle", nameGap: 26, nameTextStyle: text,
      },
      yAxis: {
        type: "value", inverse: true, min: -0.5, max: names.length - 0.5, interval: 1,
        axisLine: { show: false }, axisTick: { show: false }, splitLine: { show: false },
        axisLabel: {
          ...text, color: t.color("text"), width: narrow ? 96 : 190, overflow: "break", ...(narrow ? { fontSize: 11, lineHeight: 12 } : {}),
          formatter: (i) => names[Math.round(i)] ?? "",
          customValues: names.map((_, i) => i),
        },
      },
      series: [
        ...reference,
        {
          type: "line", silent: true, symbol: "none", animation: false, data: ends, z: 2,
          lineStyle: { width: 3, color: t.color("after"), opacity: 0.5, cap: "round" },
        },
        {
          type: "scatter", animation: false, symbolSize: 10, z: 4, emphasis: { disabled: true },
          data: data.rows.map((row, i) => [row.value, i]),
          itemStyle: { color: t.color("after"), borderColor: t.color("surface"), borderWidth: 1 },
        },
      ],
    };
  },
};
