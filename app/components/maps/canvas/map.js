// A map of points: draws them with WebGL and reports which ones the visitor drew a line around.
//
// Plotly's Scattergl was tried first: with 100,000 points in headless Chromium every move of
// the lasso cost 0.9 s and the selection arrived 2.4 s after the button was released, because
// it redraws and lists every point for each event. Here a move draws one line, and the answer
// is one bit per point.
//
// `data` is one block of bytes: length of the header (uint32), the header (JSON, padded to
// four bytes), then xy (int16, two per point), colour (uint8) and state (uint8) of each point.
// With a timeline (timeline.js, which follows this file) the step of each point's post comes
// next (uint16), or, where a point has several, the point (uint32) and the step of each, and how
// many posts (uint16).

const SELECTED = 1, FOUND = 2, HIDDEN = 4
const UNIT = 32767 // the map spans -UNIT .. UNIT in its wider direction
const CLICK = 4 // px; a shorter drag is a click
const NEAR = 9 // px; distance at which the pointer hits a point
const ASIDE = [0, -19, 19, -38, 38] // px; where the name of a cluster may stand
const SMALL = 24 // px: the name of a cluster that reaches no further from its middle would cover it
const instances = new WeakMap()

export default function (component) {
  const { parentElement, data } = component
  let map = instances.get(parentElement)
  if (!map) instances.set(parentElement, (map = create(parentElement)))
  map.tell = component.setTriggerValue
  map.load(decode(data))
  return () => {
    map.destroy()
    instances.delete(parentElement)
  }
}

function decode(bytes) {
  const whole = bytes.slice().buffer // aligned at its first byte
  const size = new Uint32Array(whole, 0, 1)[0]
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(whole, 4, size)))
  const n = header.n
  let at = 4 + size
  const xy = new Int16Array(whole, at, 2 * n)
  const colour = new Uint8Array(whole, (at += 4 * n), n)
  const state = new Uint8Array(whole, (at += n), n)
  at = Math.ceil((at + n) / 4) * 4
  const { mode, pairs } = header.timeline ?? {}
  if (mode === "dense") return { ...header, xy, colour, state, when: new Uint16Array(whole, at, n) }
  if (mode !== "sparse") return { ...header, xy, colour, state }
  const owner = new Uint32Array(whole, at, pairs)
  const when = new Uint16Array(whole, (at += 4 * pairs), pairs)
  return { ...header, xy, colour, state, owner, when, many: new Uint16Array(whole, at + 2 * pairs, pairs) }
}

function base64(bytes) {
  let text = ""
  for (let i = 0; i < bytes.length; i += 0x8000)
    text += String.fromCharCode.apply(null, bytes.subarray(i, i + 0x8000))
  return btoa(text)
}

// Whether a point lies in a polygon, both in pixels: even-odd rule. The browser test compares
// the ids that arrive with its own implementation of the rule.
function inside(x, y, path) {
  let within = false
  for (let i = 0, j = path.length - 1; i < path.length; j = i++) {
    const [xi, yi] = path[i], [xj, yj] = path[j]
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) within = !within
  }
  return within
}

const VERTEX = `#version 300 es
in vec2 at; in float colour; in float state;
uniform vec2 scale, shift; uniform float size; uniform int pass; uniform bool dim, square;
uniform sampler2D palette;
out vec4 ink; out float ring;
void main() {
  int s = int(state + .5);
  bool picked = (s & ${SELECTED}) != 0, found = (s & ${FOUND}) != 0;
  bool away = (s & ${HIDDEN}) != 0 && !square;
  bool shown = !away && (pass == 0 || (pass == 1 && picked) || (pass == 2 && found));
  gl_Position = shown ? vec4(at * scale + shift, 0., 1.) : vec4(9., 9., 9., 1.);
  ink = texture(palette, vec2((colour + .5) / 256., .5));
  if (square) ink.a = mix(.12, 1., float(s >> 3) / 31.);
  if (pass == 0 && dim) ink.a *= .22;
  if (pass > 0 && !square) ink.a = 1.;
  ring = pass == 2 ? 1. : 0.;
  gl_PointSize = pass == 2 ? size * 1.3 + 7. : pass == 1 ? size * 1.15 : size;
}`

const FRAGMENT = `#version 300 es
precision highp float;
in vec4 ink; in float ring; uniform bool square; uniform vec4 edge; uniform float size;
out vec4 pixel;
void main() {
  float r = 2. * length(gl_PointCoord - .5), soft = 2. / size;
  float a = square ? 1. : 1. - smoothstep(1. - soft, 1., r);
  vec4 tint = ring > .5 && r > .62 ? edge : ink;
  pixel = vec4(tint.rgb * tint.a, tint.a) * a;
}`

function shader(gl, kind, source) {
  const made = gl.createShader(kind)
  gl.shaderSource(made, source)
  gl.compileShader(made)
  return made
}

// Draws the points; null if the browser has no WebGL 2.
function painter(canvas) {
  const gl = canvas.getContext("webgl2", { antialias: false, premultipliedAlpha: true })
  if (!gl) return null
  const program = gl.createProgram()
  gl.attachShader(program, shader(gl, gl.VERTEX_SHADER, VERTEX))
  gl.attachShader(program, shader(gl, gl.FRAGMENT_SHADER, FRAGMENT))
  gl.linkProgram(program)
  gl.useProgram(program)
  gl.enable(gl.BLEND)
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
  const uniform = name => gl.getUniformLocation(program, name)
  const u = Object.fromEntries(
    ["scale", "shift", "size", "pass", "dim", "square", "edge"].map(name => [name, uniform(name)])
  )
  const buffers = ["at", "colour", "state"].map(name => {
    const place = gl.getAttribLocation(program, name)
    gl.enableVertexAttribArray(place)
    return [gl.createBuffer(), place, name === "at" ? 2 : 1, name === "at" ? gl.SHORT : gl.UNSIGNED_BYTE]
  })
  const fill = (i, array) => {
    const [buffer, place, size, type] = buffers[i]
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
    gl.bufferData(gl.ARRAY_BUFFER, array, gl.DYNAMIC_DRAW)
    gl.vertexAttribPointer(place, size, type, false, 0, 0)
  }
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture())
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST)
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST)
  return {
    load(d) {
      fill(0, d.xy)
      fill(1, d.colour)
      fill(2, d.state)
    },
    state(array) {
      fill(2, array)
    },
    palette(rgba) {
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, rgba)
    },
    draw(n, view, size, { dim, square, edge, ratio }) {
      const { width, height } = canvas
      gl.viewport(0, 0, width, height)
      gl.clearColor(0, 0, 0, 0)
      gl.clear(gl.COLOR_BUFFER_BIT)
      const k = view.k * ratio
      gl.uniform2f(u.scale, (2 * k) / UNIT / width, (2 * k) / UNIT / height)
      gl.uniform2f(u.shift, (2 * view.x * ratio) / width - 1, 1 - (2 * view.y * ratio) / height)
      gl.uniform1f(u.size, size * ratio)
      gl.uniform1i(u.dim, dim)
      gl.uniform1i(u.square, square)
      gl.uniform4f(u.edge, ...edge)
      for (let pass = 0; pass < (square ? 2 : 3); pass++) {
        gl.uniform1i(u.pass, pass)
        gl.drawArrays(gl.POINTS, 0, n)
      }
    },
    free() {
      gl.getExtension("WEBGL_lose_context")?.loseContext()
    },
  }
}

// Points by cell, to find the one under the pointer.
function grid(d) {
  const side = 160
  const cell = v => Math.min(side - 1, Math.max(0, (((v + UNIT) * side) / (2 * UNIT)) | 0))
  const lists = new Map()
  for (let i = 0; i < d.n; i++) {
    const key = cell(d.xy[2 * i]) + side * cell(d.xy[2 * i + 1])
    const list = lists.get(key)
    if (list) list.push(i)
    else lists.set(key, [i])
  }
  return (x, y, reach) => {
    let best = -1, least = reach * reach
    for (let cx = cell(x - reach); cx <= cell(x + reach); cx++)
      for (let cy = cell(y - reach); cy <= cell(y + reach); cy++)
        for (const i of lists.get(cx + side * cy) ?? []) {
          if (d.state[i] & HIDDEN && !d.cell) continue
          const dx = d.xy[2 * i] - x, dy = d.xy[2 * i + 1] - y
          if (dx * dx + dy * dy < least) (least = dx * dx + dy * dy), (best = i)
        }
    return best
  }
}

function rgba(colour) {
  const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true })
  probe.fillStyle = colour
  probe.fillRect(0, 0, 1, 1)
  return probe.getImageData(0, 0, 1, 1).data
}

function create(root) {
  const find = name => root.querySelector(name)
  const frame = find(".frame"), points = find(".points"), over = find(".over"), tip = find(".tip")
  const tools = [...root.querySelectorAll("[data-tool]")]
  const pen = over.getContext("2d")
  const paint = painter(points)
  const coarse = matchMedia("(pointer: coarse)").matches
  let d = null, view = null, near = null, tool = coarse ? "look" : "lasso"
  let path = null, hover = -1, drag = null, waiting = 0, stale = true, theme = null, labelled = []
  const map = { tell: () => {}, load, destroy }
  const times = timeline(root, {
    get d() { return d },
    theme: () => theme,
    tell: (name, value) => map.tell(name, value),
    changed: () => {
      paint?.state(d.state)
      hover = -1
      tip.hidden = true
      redraw()
    },
  })
  const fingers = new Map()
  if (!paint) find(".none").hidden = false

  function readTheme() {
    const style = getComputedStyle(frame)
    const get = name => style.getPropertyValue(name).trim()
    const back = rgba(get("--st-background-color") || "#fff")
    const dark = back[0] + back[1] + back[2] < 384
    theme = {
      back: get("--st-background-color") || "#fff",
      text: get("--st-text-color") || "#222",
      main: get("--st-primary-color") || "#4540A0",
      font: get("--st-font") || "sans-serif",
      quiet: dark ? [150, 147, 158] : [140, 138, 132],
      edge: dark ? [1, 1, 1, 1] : [0.1, 0.1, 0.15, 1],
    }
  }

  function usePalette() {
    const table = new Uint8Array(1024)
    const alpha = Math.round(255 * d.alpha)
    for (let i = 0; i < 256; i++) {
      const hex = d.palette[i]
      const c = hex ? [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16)) : theme.quiet
      table.set([...c, hex ? alpha : Math.round(alpha * 0.55)], 4 * i)
    }
    paint?.palette(table)
  }

  function load(next) {
    const first = !d, other = d && d.map !== next.map
    d = next
    frame.style.height = `min(${d.height}px, ${innerWidth < 640 ? 105 : 200}vw)`
    readTheme()
    near = null
    hover = -1
    paint?.load(d)
    usePalette()
    times.load()
    frame.dataset.version = d.version
    find(".tools").hidden = d.quiet
    if (d.quiet) choose("look")
    points.setAttribute("aria-label", d.alt)
    resize()
    if (first || other) view = kept() ?? fit()
    if (!d.drawn) path = null
    redraw()
  }

  const store = () => `kindred-map-${d.map}`
  function kept() {
    try {
      const found = JSON.parse(sessionStorage.getItem(store()))
      return found && found.w === frame.clientWidth ? found : null
    } catch {
      return null
    }
  }
  function keep() {
    sessionStorage.setItem(store(), JSON.stringify({ ...view, w: frame.clientWidth }))
  }

  function fit() {
    let [x0, y0, x1, y1] = d.bounds
    const w = frame.clientWidth, h = frame.clientHeight, pad = 28
    const top = d.quiet ? pad : 58 // below the tools, which would hide points
    const k = Math.min((w - 2 * pad) / Math.max(x1 - x0, 1), (h - top - pad) / Math.max(y1 - y0, 1)) * UNIT
    return { k, x: w / 2 - ((x0 + x1) / 2 / UNIT) * k, y: (h + top - pad) / 2 + ((y0 + y1) / 2 / UNIT) * k }
  }
  const screen = (x, y) => [(x / UNIT) * view.k + view.x, view.y - (y / UNIT) * view.k]
  const world = (sx, sy) => [((sx - view.x) / view.k) * UNIT, ((view.y - sy) / view.k) * UNIT]

  function resize() {
    const ratio = Math.min(devicePixelRatio || 1, 2)
    const w = Math.round(frame.clientWidth * ratio), h = Math.round(frame.clientHeight * ratio)
    if (points.width === w && points.height === h) return
    for (const canvas of [points, over]) (canvas.width = w), (canvas.height = h)
    stale = true
    if (view) view = fit()
  }

  // A growing line does not need the points drawn again.
  function redraw(all = true) {
    stale ||= all
    if (!waiting) waiting = requestAnimationFrame(draw)
  }

  function draw() {
    waiting = 0
    if (!d || !view || !points.width) return
    const ratio = points.width / frame.clientWidth
    const zoom = view.k / fit().k
    const size = d.cell ? Math.max((d.cell / UNIT) * view.k, 1) : d.size * Math.min(Math.sqrt(Math.max(zoom, 1)), 3)
    if (stale)
      paint?.draw(d.n, view, size, {
        dim: d.state.some(s => s & (SELECTED | FOUND)), square: Boolean(d.cell), edge: theme.edge, ratio,
      })
    stale = false
    frame.dataset.draws = 1 + Number(frame.dataset.draws ?? 0)
    frame.dataset.view = JSON.stringify([view.k, view.x, view.y])
    pen.setTransform(ratio, 0, 0, ratio, 0, 0)
    pen.clearRect(0, 0, frame.clientWidth, frame.clientHeight)
    drawLabels(zoom)
    if (path && path.length > 1) {
      pen.beginPath()
      path.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)))
      pen.closePath()
      pen.globalAlpha = 0.1
      pen.fillStyle = theme.main
      pen.fill()
      pen.globalAlpha = 1
      pen.strokeStyle = theme.main
      pen.lineWidth = 1.5
      pen.stroke()
    }
    if (hover >= 0) {
      const [x, y] = screen(d.xy[2 * hover], d.xy[2 * hover + 1])
      pen.beginPath()
      pen.arc(x, y, size / 2 + 4, 0, 7)
      pen.strokeStyle = theme.text
      pen.lineWidth = 1.5
      pen.stroke()
    }
  }

  // The largest clusters first. A name moves aside for others, the tools and the edge, not further
  // than leaves it with its cluster; without room it is left out.
  function drawLabels(zoom) {
    labelled = []
    pen.font = `600 12.5px ${theme.font}`
    pen.textAlign = "center"
    pen.textBaseline = "middle"
    pen.lineJoin = "round"
    const room = Math.round((frame.clientWidth < 500 ? 7 : 14) * Math.max(zoom, 1))
    for (const label of d.labels.slice(0, 200)) {
      if (labelled.length >= room) break
      const [x, y] = screen(label.x, label.y)
      if (x < 0 || x > frame.clientWidth || y < 0 || y > frame.clientHeight) continue
      const w = pen.measureText(label.text).width / 2 + 5
      const reach = (label.reach / UNIT) * view.k
      const aside = reach < SMALL ? [-reach - 11, reach + 11, ...ASIDE] : ASIDE
      const place = aside.map(by => onScreen(x, y + by, w)).find(at => isFree(...at, w))
      if (!place) continue
      labelled.push({ x: place[0], y: place[1], w, id: label.id })
      pen.strokeStyle = theme.back
      pen.lineWidth = 4
      pen.globalAlpha = 0.85
      pen.strokeText(label.text, ...place)
      pen.globalAlpha = 1
      pen.fillStyle = theme.text
      pen.fillText(label.text, ...place)
    }
    frame.dataset.named = labelled.map(o => o.id).join(" ")
  }

  function onScreen(x, y, w) {
    const inX = Math.min(Math.max(x, w), frame.clientWidth - w)
    return [inX, Math.min(Math.max(y, 12), frame.clientHeight - 12)]
  }

  function isFree(x, y, w) {
    if (!d.quiet && y < 58 && x - w < 250) return false // under the tools
    return labelled.every(o => Math.abs(o.x - x) >= o.w + w || Math.abs(o.y - y) >= 19)
  }

  function under(x, y) {
    near ??= grid(d)
    const [wx, wy] = world(x, y)
    return near(wx, wy, (NEAR / view.k) * UNIT)
  }

  function pick(test, event) {
    const bits = new Uint8Array((d.n + 7) >> 3)
    const more = event?.shiftKey, less = event?.altKey
    const state = d.state.slice()
    for (let i = 0; i < d.n; i++) {
      const hit = (d.cell || !(state[i] & HIDDEN)) && test(i)
      const on = more ? hit || state[i] & SELECTED : less ? !hit && state[i] & SELECTED : hit
      state[i] = on ? state[i] | SELECTED : state[i] & ~SELECTED
      if (on) bits[i >> 3] |= 1 << (i & 7)
    }
    d.state = state
    paint?.state(state)
    times.count()
    const how = path ? tool : "look" // one point by a click, or none, is not drawn
    map.tell("picked", { version: d.version, bits: base64(bits), tool: how, at: Date.now() })
    redraw()
  }

  const clear = () => {
    path = null
    pick(() => false)
  }

  function zoomBy(factor, x = frame.clientWidth / 2, y = frame.clientHeight / 2) {
    const least = fit().k * 0.5
    const k = Math.min(Math.max(view.k * factor, least), least * 2000)
    view = { k, x: x - ((x - view.x) * k) / view.k, y: y - ((y - view.y) * k) / view.k }
    moved()
  }

  let settle = 0
  function moved() {
    if (!drag) path = null // it was drawn on another view
    hover = -1
    tip.hidden = true
    redraw()
    clearTimeout(settle)
    settle = setTimeout(() => {
      keep()
      if (!d.follow) return
      const [x0, y1] = world(0, 0), [x1, y0] = world(frame.clientWidth, frame.clientHeight)
      map.tell("moved", [x0, y0, x1, y1].map(Math.round))
    }, 350)
  }

  function choose(name) {
    tool = name
    for (const button of tools) button.setAttribute("aria-pressed", button.dataset.tool === tool)
    over.style.touchAction = tool === "look" ? "pan-y" : "none"
    over.style.cursor = tool === "pan" ? "grab" : tool === "look" ? "pointer" : "crosshair"
  }

  const place = event => {
    const box = over.getBoundingClientRect()
    return [event.clientX - box.left, event.clientY - box.top]
  }

  over.onpointerdown = event => {
    if (!d || event.button > 1) return
    const at = place(event)
    fingers.set(event.pointerId, at)
    over.setPointerCapture?.(event.pointerId)
    if (fingers.size === 2) return (drag = null), (path = null), redraw()
    const pans = tool === "pan" || event.button === 1 || event.ctrlKey || event.metaKey
    drag = { from: at, last: at, far: 0, kind: tool === "look" ? "look" : pans ? "pan" : tool }
    if (drag.kind === "lasso" || drag.kind === "box") path = [at]
    event.preventDefault()
    frame.classList.remove("keys")
    over.focus({ preventScroll: true })
  }

  over.onpointermove = event => {
    if (!d) return
    const at = place(event)
    if (fingers.size === 2 && fingers.has(event.pointerId)) {
      const other = [...fingers].find(([id]) => id !== event.pointerId)[1]
      const was = fingers.get(event.pointerId)
      const before = Math.hypot(was[0] - other[0], was[1] - other[1])
      const after = Math.hypot(at[0] - other[0], at[1] - other[1])
      fingers.set(event.pointerId, at)
      return zoomBy(after / Math.max(before, 1), (at[0] + other[0]) / 2, (at[1] + other[1]) / 2)
    }
    if (!drag) return showTip(at)
    drag.far = Math.max(drag.far, Math.hypot(at[0] - drag.from[0], at[1] - drag.from[1]))
    if (drag.kind === "pan") {
      view = { ...view, x: view.x + at[0] - drag.last[0], y: view.y + at[1] - drag.last[1] }
      path = null
      moved()
    } else if (drag.kind === "box") {
      const [x, y] = drag.from
      path = [[x, y], [at[0], y], at, [x, at[1]]]
    } else if (drag.kind === "lasso") path.push(at)
    drag.last = at
    redraw(drag.kind === "pan")
  }

  over.onpointerup = event => {
    fingers.delete(event.pointerId)
    if (!drag) return
    const { kind, far, last } = drag
    drag = null
    if (far < CLICK) {
      path = null
      const label = labelled.find(o => Math.abs(o.x - last[0]) < o.w && Math.abs(o.y - last[1]) < 9)
      const i = under(...last)
      if (d.quiet) return redraw()
      if (label && i < 0) map.tell("named", { id: label.id, at: Date.now() })
      else if (i >= 0) pick(j => j === i, event)
      else if (kind !== "look" && d.state.some(s => s & SELECTED)) clear()
    } else if (kind === "lasso" || kind === "box") {
      const outline = path
      frame.dataset.path = JSON.stringify(outline)
      pick(i => inside(...screen(d.xy[2 * i], d.xy[2 * i + 1]), outline), event)
    }
    redraw()
  }
  over.onpointercancel = event => {
    fingers.delete(event.pointerId)
    drag = path = null
    redraw()
  }
  over.onpointerleave = () => {
    hover = -1
    tip.hidden = true
    redraw(false)
  }

  function showTip(at) {
    const i = under(...at)
    if (i !== hover) (hover = i), redraw(false)
    const text = i >= 0 && (d.names ? d.names[i] : d.counts ? d.counts[i] : "")
    tip.hidden = !text
    if (!text) return
    tip.textContent = text
    const right = at[0] > frame.clientWidth - 240
    tip.style.left = right ? "" : `${at[0] + 14}px`
    tip.style.right = right ? `${frame.clientWidth - at[0] + 14}px` : ""
    tip.style.top = `${Math.max(at[1] - 14, 4)}px`
  }

  over.onwheel = event => {
    if (d.quiet) return
    event.preventDefault()
    zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), ...place(event))
  }
  over.onkeyup = event => frame.classList.toggle("keys", event.key === "Tab" || frame.classList.contains("keys"))
  over.onkeydown = event => {
    if (d.quiet) return
    const step = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key]
    if (step) view = { ...view, x: view.x + step[0], y: view.y + step[1] }
    if (step) moved()
    else if (event.key === "+" || event.key === "=") zoomBy(1.4)
    else if (event.key === "-") zoomBy(1 / 1.4)
    else if (event.key === "0") (view = fit()), moved()
    else if (event.key === "Escape") clear()
    else return
    event.preventDefault()
  }
  for (const button of tools) button.onclick = () => choose(tool === button.dataset.tool && coarse ? "look" : button.dataset.tool)
  find("[data-do=in]").onclick = () => zoomBy(1.5)
  find("[data-do=out]").onclick = () => zoomBy(1 / 1.5)
  find("[data-do=fit]").onclick = () => ((view = fit()), moved())
  choose(tool)

  const observer = new ResizeObserver(() => {
    if (!d) return
    resize()
    redraw()
    times.draw()
  })
  observer.observe(frame)

  function destroy() {
    observer.disconnect()
    cancelAnimationFrame(waiting)
    clearTimeout(settle)
    times.stop()
    paint?.free()
  }
  return map
}
