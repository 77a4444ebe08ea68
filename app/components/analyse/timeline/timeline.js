// A time line under Streamlit's own player: frames, the emotion of each part, what is said.
// A click plays from there, in the browser; the passage that is heard is marked as it plays.

export default function (component) {
  const { parentElement: root, data } = component
  const find = (selector) => root.querySelector(selector)
  const player = () => document.querySelector(`.st-key-${data.player} :is(video, audio)`)
  const heard = []
  let known = data.seconds

  const seconds = () => {
    const of_player = player()?.duration
    return Number.isFinite(of_player) && of_player > 0 ? of_player : known
  }
  const play = (share) => {
    const media = player()
    if (!media || !seconds()) return
    media.currentTime = share * seconds()
    media.play().catch(() => {}) // the player itself says why
  }
  const button = (share, parent, label) => {
    const made = document.createElement("button")
    made.type = "button"
    if (label) made.title = made.ariaLabel = label
    made.onclick = () => play(share)
    parent.append(made)
    return made
  }
  const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`

  for (const part of [".frames", ".moments", ".legend", ".said"]) find(part).replaceChildren()
  find(".track").hidden = find(".ends").hidden = !data.moments.length && !data.frames.length
  find(".moments").hidden = !data.moments.length

  for (const frame of data.frames) {
    const image = document.createElement("img")
    image.src = frame.image
    image.alt = ""
    button(frame.start, find(".frames"), frame.label).append(image)
  }
  for (const moment of data.moments) {
    const made = button(moment.start, find(".moments"), moment.label)
    made.style.left = `${100 * moment.start}%`
    made.style.width = `${100 * (moment.end - moment.start)}%`
    made.style.background = moment.colour
  }
  for (const entry of data.legend) {
    const made = document.createElement("span")
    const dot = document.createElement("i")
    dot.style.background = entry.colour
    made.append(dot, entry.name)
    find(".legend").append(made)
  }
  for (const passage of data.passages) {
    const item = document.createElement("li")
    const made = button(passage.start, item)
    const time = document.createElement("time")
    time.textContent = passage.clock
    const words = document.createElement("span")
    words.dir = "auto"
    for (const piece of passage.pieces) {
      if (!piece.style) {
        words.append(piece.text)
        continue
      }
      const mark = document.createElement("mark")
      mark.textContent = piece.text
      mark.style.background = piece.style
      mark.title = piece.label
      words.append(mark)
    }
    made.append(time, words)
    find(".said").append(item)
    heard.push([passage.start, passage.end, made])
  }

  const follow = () => {
    const media = player()
    if (!media || !seconds()) return
    const share = media.currentTime / seconds()
    find(".head").style.left = `${100 * Math.min(1, share)}%`
    const started = media.currentTime > 0 || !media.paused
    for (const [start, end, made] of heard)
      made.setAttribute("aria-current", started && start <= share && share < end)
  }
  const length = () => {
    find(".last").textContent = seconds() ? clock(seconds()) : ""
  }
  // Events of a player do not bubble, but they can be caught on their way down to it.
  const events = { timeupdate: follow, seeked: follow, loadedmetadata: length, durationchange: length }
  const caught = (event) => {
    if (event.target !== player()) return
    if (event.type === "error") find(".fault").hidden = false
    else events[event.type]()
  }
  const names = [...Object.keys(events), "error"]
  names.forEach((name) => document.addEventListener(name, caught, true))
  find(".fault").hidden = !player()?.error
  find(".line").hidden = false
  length()
  follow()
  return () => names.forEach((name) => document.removeEventListener(name, caught, true))
}
