/* The lines of a drawing, as drawing_data.py packs them, and a canvas on which they draw themselves. */

const TRACE_MS = 3000;
const FINEST_PX = 0.7;

/* The layers of a drawing with the points of all their lines, in mm. */
export function decodeLayers(header, buffers) {
  return header.layers.map((layer, i) => {
    const deltas = stepsOf(layer, buffers[2 * i]);
    const counts = new Uint32Array(aligned(buffers[2 * i + 1]));
    const xy = new Float32Array(deltas.length), unit = header.units_per_mm;
    let x = 0, y = 0;
    for (let k = 0; k < deltas.length; k += 2) {
      x += deltas[k]; y += deltas[k + 1];
      xy[k] = x / unit; xy[k + 1] = y / unit;
    }
    return { ...layer, visible: true, xy, counts };
  });
}

/* The steps from point to point of a layer, x and y in turn. */
function stepsOf(layer, buffer) {
  return new (layer.wide ? Int32Array : Int16Array)(aligned(buffer));
}

function aligned(view) {
  if (view instanceof ArrayBuffer) return view;
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
}

/* Draw the lines in order over some seconds; return a function that stops it. */
export function trace(canvas, header, buffers) {
  const layers = decodeLayers(header, buffers).filter(layer => layer.counts.length);
  const context = canvas.getContext("2d"), k = canvas.width / header.width_mm;
  const total = layers.reduce((sum, layer) => sum + layer.xy.length / 2, 0);
  let layer = 0, line = 0, first = 0, point = 0, drawn = 0, began, request;
  context.fillStyle = header.paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.lineCap = context.lineJoin = "round";

  const strokeUntil = until => {
    const { xy, color, width_mm } = layers[layer];
    context.strokeStyle = color;
    context.lineWidth = Math.max(width_mm * k, FINEST_PX);
    context.beginPath();
    for (let i = Math.max(point - 1, 0); i < until; i++) context.lineTo(xy[2 * (first + i)] * k, xy[2 * (first + i) + 1] * k);
    context.stroke();
    drawn += until - point;
    point = until;
  };

  const frame = now => {
    began ??= now;
    const goal = Math.ceil(total * Math.min(1, (now - began) / TRACE_MS));
    while (layer < layers.length && drawn < goal) {
      const { counts } = layers[layer];
      strokeUntil(Math.min(counts[line], point + goal - drawn));
      if (point < counts[line]) break;
      first += counts[line];
      line += 1;
      point = 0;
      if (line === counts.length) { layer += 1; line = first = 0; }
    }
    if (layer < layers.length) request = requestAnimationFrame(frame);
  };
  request = requestAnimationFrame(frame);
  return () => cancelAnimationFrame(request);
}
