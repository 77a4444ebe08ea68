// Histograms of the columns of a map: a click on a value, or a drag over numbers, filters.
//
// `data.columns` is a list of columns. Of each value and bin come the points that are shown and all of
// them; the pale bar is all of them.

export default function (component) {
  const { parentElement, data, setTriggerValue } = component
  const root = parentElement.querySelector(".columns")
  const tell = (name, change) => setTriggerValue("filtered", { name, ...change, at: Date.now() })
  const focused = parentElement.activeElement?.dataset?.id ?? root.dataset.focus
  root.replaceChildren(...data.columns.map(column => draw(column, tell)))
  if (focused) root.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true })
  root.onfocusin = event => (root.dataset.focus = event.target.dataset.id ?? "")
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes))
    if (name.startsWith("on")) made[name] = value
    else if (value !== null && value !== undefined) made.setAttribute(name, value)
  made.append(...children)
  return made
}

function draw(column, tell) {
  const head = element("h4", {}, element("span", {}, column.title))
  if (column.active)
    head.append(element("button", { type: "button", "data-id": `${column.name}/all`, onclick: () => tell(column.name, { clear: true }) }, "All"))
  const section = element("section", { class: "column", "aria-label": column.title }, head)
  section.append(...(column.bins ? numbers(column, tell) : values(column, tell)))
  return section
}

function values(column, tell) {
  const most = Math.max(1, ...column.values.map(v => v.all))
  const width = n => `width:${(100 * n) / most}%`
  const rows = column.values.map(v =>
    element(
      "button",
      {
        type: "button", class: "value", "aria-pressed": String(v.on), "data-id": `${column.name}/${v.value}`,
        title: `${v.label}: ${v.shown.toLocaleString("en")} shown of ${v.all.toLocaleString("en")}`,
        onclick: () => tell(column.name, { value: v.value }),
      },
      element("span", {}, v.label),
      element(
        "span", { class: "track", "aria-hidden": "true" },
        element("i", { class: "all", style: `${width(v.all)};background:${v.colour}` }),
        element("i", { style: `${width(v.shown)};background:${v.colour}` }),
      ),
      element("span", {}, v.shown === v.all ? v.all.toLocaleString("en") : `${v.shown.toLocaleString("en")} / ${v.all.toLocaleString("en")}`),
    )
  )
  if (column.rest) rows.push(element("div", { class: "rest" }, column.rest))
  return rows
}

function numbers(column, tell) {
  const { bins, edges, low, high } = column
  const most = Math.max(1, ...bins.map(b => b[1]))
  const within = i => low === null || (edges[i + 1] > low && edges[i] <= high)
  const strip = element("div", { class: "bins", role: "img", "aria-label": `${column.title}: histogram. Choose a range below.` })
  const parts = bins.map(([shown, all], i) =>
    element(
      "div",
      { class: within(i) ? "" : "out", title: `${write(edges[i])} to ${write(edges[i + 1])}: ${shown.toLocaleString("en")} shown of ${all.toLocaleString("en")}` },
      element("i", { class: "all", style: `height:${bar(all)}%` }),
      element("i", { style: `height:${bar(shown)}%` }),
    )
  )
  function bar(n) {
    return n ? Math.max((100 * n) / most, 2) : 0
  }
  strip.style.setProperty("--colour", column.colour)
  strip.append(...parts)
  let from = -1
  const at = event => {
    const box = strip.getBoundingClientRect()
    return Math.min(bins.length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * bins.length)))
  }
  const mark = to => parts.forEach((part, i) => (part.className = i >= Math.min(from, to) && i <= Math.max(from, to) ? "" : "out"))
  strip.onpointerdown = event => {
    from = at(event)
    strip.setPointerCapture?.(event.pointerId)
    mark(from)
  }
  strip.onpointermove = event => from >= 0 && mark(at(event))
  strip.onpointerup = event => {
    if (from < 0) return
    const to = at(event)
    tell(column.name, { low: edges[Math.min(from, to)], high: edges[Math.max(from, to) + 1] })
    from = -1
  }
  strip.onpointercancel = () => (from = -1)
  const field = (name, value) =>
    element("input", {
      type: "number", step: "any", value: plain(value), "aria-label": `${column.title} ${name}`, "data-id": `${column.name}/${name}`,
      onchange: () => {
        const [a, b] = fields.map(f => Number(f.value))
        if (Number.isFinite(a) && Number.isFinite(b)) tell(column.name, { low: Math.min(a, b), high: Math.max(a, b) })
      },
    })
  const fields = [field("from", low ?? edges[0]), field("to", high ?? edges[edges.length - 1])]
  const none = column.rest ? element("span", {}, column.rest) : ""
  return [strip, element("div", { class: "ends" }, fields[0], none, fields[1])]
}

const plain = value => String(Number(Number(value).toPrecision(6)))
const write = value => Number(Number(value).toPrecision(4)).toLocaleString("en")
