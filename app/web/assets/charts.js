// Draws <div data-chart="tiles|series" data-values="JSON">: the villages of each town as tiles, and series by month.
// The same figures stand in the page as text; a picture is hidden from nobody who cannot see it.

import * as echarts from "echarts/core";
import { HeatmapChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkPointComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([HeatmapChart, LineChart, GridComponent, LegendComponent, MarkPointComponent, TooltipComponent, VisualMapComponent,
  CanvasRenderer]);

const INK = "#1f2a2a", QUIET = "#5c6b6a", LINE = "#dfe5e2", RED = "#b3261e";
const COLOURS = ["#0f6b5c", "#9a5b00", "#3b5b92", "#7a4b8a", "#5c6b6a", "#b3261e", "#2f7f3f", "#a0522d"];
const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", sans-serif';
const TEXT = { fontFamily: FONT, color: INK };
const tooltip = { renderMode: "richText", confine: true, textStyle: { fontFamily: FONT, fontSize: 13 } };

/** Villages of a town in rows of `wide` tiles, a town below the other. */
function tiles(values, width) {
  const wide = width < 500 ? 10 : 20;
  const rows = [];
  const data = [];
  let most = 3;
  for (const town of values.towns) {
    for (let begin = 0; begin < town.villages.length; begin += wide) {
      const row = rows.length;
      rows.push(begin === 0 ? town.name : "");
      town.villages.slice(begin, begin + wide).forEach((village, at) => {
        const n = village.n === null ? 1 : village.n;
        most = Math.max(most, n);
        data.push({
          value: [at, row, n],
          name: `${town.name}${village.name}：${village.n === null ? "很少" : `${n} 户`}`,
          itemStyle: village.marked ? { borderColor: RED, borderWidth: 2 } : undefined,
        });
      });
    }
  }
  data.sort((a, b) => Boolean(a.itemStyle) - Boolean(b.itemStyle)); // frames lie above their neighbours
  return {
    height: rows.length * 24 + 16,
    option: {
      textStyle: TEXT, animation: false,
      grid: { left: 64, right: 8, top: 8, bottom: 8 },
      tooltip: { ...tooltip, formatter: (one) => one.name },
      xAxis: { type: "category", data: [...Array(wide).keys()], show: false },
      yAxis: { type: "category", data: rows, inverse: true, axisLine: { show: false }, axisTick: { show: false },
        axisLabel: { color: INK, fontFamily: FONT, fontSize: 13 } },
      visualMap: { show: false, min: 0, max: most, inRange: { color: ["#eef2f0", "#cfe5df", "#6fb3a5", "#0f6b5c", "#063f36"] } },
      series: [{ type: "heatmap", data, itemStyle: { borderColor: "#fff", borderWidth: 2, borderRadius: 3 },
        emphasis: { itemStyle: { borderColor: INK } } }],
    },
  };
}

function series(values) {
  const scale = 10 ** values.decimals;
  const shown = (n) => (n === null || n === undefined ? null : n / scale);
  return {
    height: values.lines.length > 1 ? 260 : 200,
    option: {
      textStyle: TEXT, animation: false, color: COLOURS,
      grid: { left: 8, right: 16, top: 16, bottom: values.lines.length > 1 ? 56 : 8, containLabel: true },
      legend: values.lines.length > 1 ? { bottom: 0, textStyle: { ...TEXT, fontSize: 12 }, itemWidth: 16, icon: "roundRect" } : undefined,
      tooltip: { ...tooltip, trigger: "axis", valueFormatter: (n) => (n === null || n === undefined ? "没有" : `${n.toFixed(values.decimals)} ${values.unit}`) },
      xAxis: { type: "category", data: values.months, axisLabel: { color: QUIET, hideOverlap: true }, axisLine: { lineStyle: { color: LINE } } },
      yAxis: { type: "value", scale: values.decimals > 0, axisLabel: { color: QUIET }, splitLine: { lineStyle: { color: LINE } } },
      series: values.lines.map((line) => ({
        type: "line", name: line.name, data: line.values.map(shown), symbolSize: 5, showSymbol: line.values.length < 25, connectNulls: false,
        markPoint: line.marks.length ? {
          symbol: "circle", symbolSize: 12, itemStyle: { color: "transparent", borderColor: RED, borderWidth: 2 }, label: { show: false },
          data: line.marks.filter((m) => values.months.includes(m)).map((m) => ({ coord: [m, shown(line.values[values.months.indexOf(m)])] })),
        } : undefined,
      })),
    },
  };
}

const kinds = { tiles, series };
for (const place of document.querySelectorAll("[data-chart]")) {
  const values = JSON.parse(place.dataset.values);
  const made = kinds[place.dataset.chart](values, place.clientWidth);
  place.style.height = `${made.height}px`;
  const chart = echarts.init(place);
  chart.setOption(made.option);
  place.dataset.drawn = "yes";
  addEventListener("resize", () => chart.resize());
}
