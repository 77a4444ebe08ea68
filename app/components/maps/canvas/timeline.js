// The timeline below the map: posts in each step of time in the colours of the map. A brush
// hides the points without a post in it; the points are here, so that no answer is waited for.
//
// `host` gives the drawing `d`, hides points, redraws, reads the theme and tells the server.

const NEVER = 65535 // step of a post outside of the timeline
const SECONDS = 24 // that a replay of everything takes

// eslint-disable-next-line no-unused-vars -- map.js, which precedes this file, calls it
function timeline(root, host) {
  const find = name => root.querySelector(name)
  const box = find(".time"), strip = find(".strip"), said = find(".said")
  const [play, clear, zoom, out] = ["play", "all", "zoom", "out"].map(name => find(`[data-time=${name}]`))
  const pen = strip.getContext("2d")
  let t = null, span = null, bars = null, drag = null, playing = 0, before = null

  function load() {
    const next = host.d.timeline
    stop()
    box.hidden = !next
    t = next ?? null
    if (!t) return
    span = t.span
    out.hidden = !t.zoomed
    play.hidden = t.mode === "asked"
    count()
    apply()
  }

  // Posts by step and colour, of all points and of those that are selected.
  function count() {
    if (!t) return
    const { d } = host, n = t.names.length
    const all = Array.from({ length: n }, () => new Map()), picked = Array.from({ length: n }, () => new Map())
    const add = (bar, code, many) => bar.set(code, (bar.get(code) ?? 0) + many)
    let some = false
    const post = (i, step, many) => {
      add(all[step], d.colour[i], many)
      if (d.state[i] & SELECTED) (some = true), add(picked[step], d.colour[i], many)
    }
    if (t.mode === "asked") for (const [step, code, many] of t.counts) add(all[step], code, many)
    else if (t.mode === "dense") {
      for (let i = 0; i < d.n; i++) if (d.when[i] !== NEVER) post(i, d.when[i], 1)
    } else for (let j = 0; j < d.owner.length; j++) post(d.owner[j], d.when[j], d.many[j])
    const sum = bar => [...bar.values()].reduce((a, b) => a + b, 0)
    const sums = all.map(sum), order = new Map()
    for (const bar of all) for (const [code, many] of bar) order.set(code, (order.get(code) ?? 0) + many)
    const codes = [...order.keys()].sort((a, b) => order.get(b) - order.get(a))
    bars = { all, picked: some ? picked : null, sums, inside: picked.map(sum), most: Math.max(1, ...sums), codes }
    draw()
  }

  function apply() {
    const { d } = host
    if (t.mode !== "asked") {
      const [a, b] = span ?? [0, NEVER - 1]
      const state = d.state
      if (!span) for (let i = 0; i < d.n; i++) state[i] &= ~HIDDEN
      else if (t.mode === "dense") {
        for (let i = 0; i < d.n; i++)
          state[i] = d.when[i] >= a && d.when[i] <= b ? state[i] & ~HIDDEN : state[i] | HIDDEN
      } else {
        for (let i = 0; i < d.n; i++) state[i] |= HIDDEN
        for (let j = 0; j < d.owner.length; j++)
          if (d.when[j] >= a && d.when[j] <= b) state[d.owner[j]] &= ~HIDDEN
      }
      host.changed()
    }
    say()
    draw()
  }

  function say() {
    const [a, b] = span ?? [0, t.names.length - 1]
    let posts = 0
    for (let step = a; step <= b; step++) posts += bars.sums[step]
    const all = bars.sums.reduce((x, y) => x + y, 0)
    const period = a === b ? t.names[a] : `${t.names[a]} to ${t.names[b]}`
    const of = span ? `${posts.toLocaleString("en")} of ${all.toLocaleString("en")}` : all.toLocaleString("en")
    said.textContent = `${period} · ${of} ${all === 1 ? "post" : "posts"} · a bar is ${t.unit === "hour" ? "an" : "a"} ${t.unit}`
    clear.hidden = !span
    zoom.hidden = !span || b - a + 1 === t.names.length || t.unit === "hour"
    box.dataset.span = JSON.stringify(span)
    strip.setAttribute("aria-label", `Timeline, ${said.textContent}. Arrow keys move the period, with Shift its end. Escape shows all of the time.`)
  }

  const width = () => strip.clientWidth / t.names.length
  function draw() {
    if (!t || !bars || !strip.clientWidth) return
    const ratio = Math.min(devicePixelRatio || 1, 2), w = strip.clientWidth, h = strip.clientHeight
    if (strip.width !== Math.round(w * ratio)) (strip.width = Math.round(w * ratio)), (strip.height = Math.round(h * ratio))
    pen.setTransform(ratio, 0, 0, ratio, 0, 0)
    pen.clearRect(0, 0, w, h)
    const theme = host.theme(), step = width(), gap = step > 4 ? 1 : 0
    if (span) {
      pen.globalAlpha = 0.12
      pen.fillStyle = theme.main
      pen.fillRect(span[0] * step, 0, (span[1] - span[0] + 1) * step, h)
    }
    const stack = (at, bar, alpha) => {
      const total = [...bar.values()].reduce((a, b) => a + b, 0)
      if (!total) return
      pen.globalAlpha = alpha
      let y = h
      const part = (code, many) => {
        const high = Math.max((many / bars.most) * (h - 4), total === many ? 2 : 0)
        pen.fillStyle = host.d.palette[code] ?? `rgb(${theme.quiet})`
        pen.fillRect(at * step, y - high, Math.max(step - gap, 0.75), high)
        y -= high
      }
      if (host.d.ramp) {
        let mean = 0, known = 0
        for (const [code, many] of bar) if (code < 255) (mean += code * many), (known += many)
        part(known ? Math.round(mean / known) : 255, total)
      } else for (const code of bars.codes) if (bar.has(code)) part(code, bar.get(code))
    }
    for (let i = 0; i < t.names.length; i++) {
      const within = !span || (i >= span[0] && i <= span[1])
      stack(i, bars.all[i], (bars.picked ? 0.28 : 0.95) * (within ? 1 : 0.35))
      if (bars.picked) stack(i, bars.picked[i], within ? 0.95 : 0.35)
    }
    pen.globalAlpha = 1
    if (span)
      for (const x of [span[0] * step, (span[1] + 1) * step]) {
        pen.fillStyle = theme.main
        pen.fillRect(Math.min(Math.max(x - 1, 0), w - 2), 0, 2, h)
      }
  }

  const set = next => {
    const last = t.names.length - 1
    const to = next && next.map(v => Math.min(Math.max(Math.round(v), 0), last))
    span = to && [Math.min(...to), Math.max(...to)]
    if (t.mode !== "asked") apply()
    else say(), draw()
  }
  const tell = () => host.tell("spanned", { span, steps: t.version, at: Date.now() })

  const stepAt = event => Math.floor((event.clientX - strip.getBoundingClientRect().left) / width())
  strip.onpointerdown = event => {
    if (!t || event.button) return
    stop()
    const x = event.clientX - strip.getBoundingClientRect().left, step = width()
    const edges = span && [span[0] * step, (span[1] + 1) * step]
    const near = edges ? edges.findIndex(edge => Math.abs(edge - x) < 7) : -1
    const on = edges && x > edges[0] && x < edges[1]
    drag = { from: stepAt(event), span, kind: near >= 0 ? (near ? "end" : "start") : on ? "move" : "new", far: 0, x }
    strip.setPointerCapture?.(event.pointerId)
  }
  strip.onpointermove = event => {
    if (!t) return
    if (!drag) return
    const at = stepAt(event)
    drag.far = Math.max(drag.far, Math.abs(event.clientX - strip.getBoundingClientRect().left - drag.x))
    if (drag.far < 3) return
    if (drag.kind === "new") set([drag.from, at])
    else if (drag.kind === "start") set([at, drag.span[1]])
    else if (drag.kind === "end") set([drag.span[0], at])
    else {
      const long = drag.span[1] - drag.span[0]
      const first = Math.min(Math.max(drag.span[0] + at - drag.from, 0), t.names.length - 1 - long)
      set([first, first + long])
    }
  }
  strip.onpointerup = event => {
    if (!drag) return
    const { far, kind } = drag
    drag = null
    if (far < 3 && kind !== "start" && kind !== "end") set([stepAt(event), stepAt(event)])
    tell()
  }
  strip.onpointercancel = () => (drag = null)
  strip.ondblclick = () => all()
  strip.onkeydown = event => {
    const last = t.names.length - 1, by = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (by && event.shiftKey) set(span ? [span[0], Math.max(span[0], span[1] + by)] : [0, last])
    else if (by && span) {
      const long = span[1] - span[0], first = Math.min(Math.max(span[0] + by, 0), last - long)
      set([first, first + long])
    } else if (by) set(by > 0 ? [0, 0] : [last, last])
    else if (event.key === "Escape") set(null)
    else return
    event.preventDefault()
    clearTimeout(keyed)
    keyed = setTimeout(tell, 400)
  }
  let keyed = 0

  function all() {
    stop()
    set(null)
    tell()
  }

  // Moves the period, or a twelfth of the time, from the start to the end.
  function start() {
    before = span
    const long = Math.min(span ? span[1] - span[0] : Math.round(t.names.length / 12), t.names.length - 2)
    const room = t.names.length - 1 - long, begin = performance.now()
    const from = span && span[0] < room ? span[0] / Math.max(room, 1) : 0
    const frame = now => {
      const part = from + (now - begin) / 1000 / SECONDS
      if (part >= 1) return stop(), set(before)
      const first = Math.round(part * room)
      if (!span || first !== span[0]) set([first, first + long])
      playing = requestAnimationFrame(frame)
    }
    playing = requestAnimationFrame(frame)
    mark(true)
  }
  function stop() {
    cancelAnimationFrame(playing)
    playing = 0
    mark(false)
  }
  function mark(on) {
    play.textContent = on ? "❚❚" : "▶"
    play.setAttribute("aria-label", on ? "Pause" : "Replay")
    play.title = on ? "Pause" : "Replay the map over time"
  }
  play.onclick = () => {
    if (!playing) return start()
    stop()
    tell()
  }
  clear.onclick = all
  zoom.onclick = () => host.tell("zoomed", { span, steps: t.version, at: Date.now() })
  out.onclick = () => host.tell("zoomed", { span: null, steps: t.version, at: Date.now() })

  return { load, count, draw, stop }
}
