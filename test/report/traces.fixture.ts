/** A small example of every type of trace that Plotly has. */
const grid = [
  [1, 2, 3],
  [4, 5, 6],
  [2, 8, 1],
];
const xyz = { x: [0, 1, 0, 1], y: [0, 0, 1, 1], z: [0, 1, 1, 2] };
const vec = { x: [0, 1], y: [0, 1], z: [0, 1], u: [1, 2], v: [1, 1], w: [0, 1] };
const cube = {
  x: [0, 0, 0, 0, 1, 1, 1, 1],
  y: [0, 0, 1, 1, 0, 0, 1, 1],
  z: [0, 1, 0, 1, 0, 1, 0, 1],
  value: [1, 2, 3, 4, 5, 6, 7, 8],
};
const tree = { labels: ['all', 'a', 'b', 'c'], parents: ['', 'all', 'all', 'a'], values: [0, 2, 3, 2] };
const ohlc = {
  x: ['2026-01-01', '2026-01-02', '2026-01-03'],
  open: [1, 2, 3],
  high: [3, 4, 5],
  low: [0, 1, 2],
  close: [2, 1, 4],
};
const carpet = {
  type: 'carpet',
  carpet: 'c',
  a: [0, 1, 2, 0, 1, 2, 0, 1, 2],
  b: [0, 0, 0, 1, 1, 1, 2, 2, 2],
  x: [0, 1, 2, 0, 1, 2, 0, 1, 2],
  y: [0, 0.1, 0.3, 1, 1.2, 1.4, 2, 2.2, 2.6],
};
const xy = { x: [1, 2, 3], y: [2, 1, 3] };
const lonlat = { lon: [10, 20, 30], lat: [50, 40, 60] };
/** Traces by type: the smallest of each that shows all that the type draws. */
export const EXAMPLES: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> =
  Object.fromEntries(
    Object.entries({
      scatter: xy,
      bar: xy,
      scattergl: xy,
      funnel: xy,
      waterfall: xy,
      box: { y: [1, 2, 3, 4, 9] },
      violin: { y: [1, 2, 3, 4, 9] },
      histogram: { x: [1, 1, 2, 3, 3, 3] },
      heatmap: { z: grid },
      contour: { z: grid },
      histogram2d: { x: [1, 1, 2, 3], y: [1, 1, 2, 3] },
      histogram2dcontour: { x: [1, 1, 2, 3, 3], y: [1, 1, 2, 3, 1] },
      image: {
        z: [
          [
            [255, 0, 0],
            [0, 255, 0],
          ],
          [
            [0, 0, 255],
            [9, 9, 9],
          ],
        ],
      },
      quiver: { x: [0, 1, 2], y: [0, 1, 2], u: [1, 1, 0], v: [0, 1, 1] },
      scatterternary: { mode: 'markers', a: [1, 2, 3], b: [2, 1, 3], c: [1, 1, 2] },
      pie: { labels: ['a', 'b'], values: [2, 3] },
      funnelarea: { labels: ['a', 'b'], values: [2, 3] },
      sunburst: tree,
      treemap: tree,
      icicle: tree,
      scatter3d: xyz,
      surface: { z: grid },
      isosurface: cube,
      volume: cube,
      mesh3d: xyz,
      cone: vec,
      streamtube: { x: cube.x, y: cube.y, z: cube.z, u: cube.value, v: cube.value, w: cube.value },
      scattergeo: lonlat,
      choropleth: { locations: ['DEU', 'FRA'], z: [1, 2] },
      splom: {
        dimensions: [
          { label: 'a', values: [1, 2, 3] },
          { label: 'b', values: [3, 1, 2] },
        ],
      },
      parcoords: {
        dimensions: [
          { label: 'a', values: [1, 2, 3] },
          { label: 'b', values: [3, 1, 2] },
        ],
      },
      parcats: {
        dimensions: [
          { label: 'a', values: ['x', 'y', 'x'] },
          { label: 'b', values: ['u', 'u', 'v'] },
        ],
      },
      scattermap: lonlat,
      densitymap: { ...lonlat, z: [1, 2, 3] },
      choroplethmap: {
        locations: ['p'],
        z: [1],
        geojson: {
          type: 'FeatureCollection',
          features: [
            {
              type: 'Feature',
              id: 'p',
              properties: {},
              geometry: {
                type: 'Polygon',
                coordinates: [
                  [
                    [0, 0],
                    [10, 0],
                    [10, 10],
                    [0, 0],
                  ],
                ],
              },
            },
          ],
        },
      },
      sankey: { node: { label: ['a', 'b', 'c'] }, link: { source: [0, 0], target: [1, 2], value: [1, 2] } },
      indicator: { mode: 'number+gauge+delta', value: 7, delta: { reference: 5 } },
      table: {
        header: { values: ['a', 'b'] },
        cells: {
          values: [
            [1, 2],
            ['x', 'y'],
          ],
        },
      },
      carpet,
      scattercarpet: [carpet, { type: 'scattercarpet', carpet: 'c', a: [0, 1, 2], b: [0, 1, 2] }],
      contourcarpet: [
        carpet,
        { type: 'contourcarpet', carpet: 'c', a: carpet.a, b: carpet.b, z: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
      ],
      ohlc,
      candlestick: ohlc,
      scatterpolar: { r: [1, 2, 3], theta: [0, 120, 240] },
      scatterpolargl: { r: [1, 2, 3], theta: [0, 120, 240] },
      barpolar: { r: [1, 2, 3], theta: [0, 120, 240] },
      scattersmith: { real: [0.5, 1, 2], imag: [0.5, 1, 2] },
    }).map(([type, traces]) => [type, Array.isArray(traces) ? traces : [{ type, ...traces }]]),
  );
