// The player that a participant sees: play or pause, restart, loop, and where in the sound one is.

import { h, icon } from "./dom.js";
import { clock } from "./texts.js";

const LOOP_CHOICE = { on: false }; // kept from trial to trial, forgotten by a reload

/** The controls of `player`, kept in step with it until `signal` aborts. */
export function controls(player, t, signal, { simple = false, loop: wanted = null } = {}) {
  const { duration_s } = player;
  const play = h("button", { type: "button", class: "play", onclick: () => player.toggle() });
  const restart = iconButton("restart", t("player_restart"), () => player.restart());
  const loop = iconButton("loop", t("player_loop"), () => {
    player.setLoop(!player.loop);
    if (wanted === null) LOOP_CHOICE.on = player.loop;
  });
  const position = h("input", {
    type: "range",
    class: "position",
    min: 0,
    max: duration_s,
    step: 0.1,
    value: 0,
    "aria-label": t("player_position"),
    oninput: () => player.seek(Number(position.value)),
  });
  const time = h("span", { class: "time", "aria-hidden": "true" });

  const showState = () => {
    play.replaceChildren(icon(player.playing ? "pause" : "play"));
    play.setAttribute("aria-label", t(player.playing ? "player_pause" : "player_play"));
    play.dataset.state = player.playing ? "playing" : player.ended ? "ended" : "paused";
    loop.setAttribute("aria-pressed", String(player.loop));
  };
  const showPosition = () => {
    position.value = String(player.position_s);
    position.style.setProperty("--done", `${(100 * player.position_s) / duration_s}%`);
    position.setAttribute("aria-valuetext", clock(player.position_s));
    time.textContent = `${clock(player.position_s)} / ${clock(duration_s)}`;
  };
  player.addEventListener("change", showState, { signal });
  player.addEventListener("tick", showPosition, { signal });
  if (!simple) player.setLoop(wanted ?? LOOP_CHOICE.on);
  showState();
  showPosition();
  const extras = simple ? [] : [h("div", { class: "player-extras" }, restart, loop)];
  const group = h("div", { class: "player", role: "group", "aria-label": t("player_name") }, play, h("div", { class: "track" }, position, time), extras);
  return [group, muteNotice(player, t, signal)];
}

/** Says so where the sound device does not begin to play. */
export function muteNotice(player, t, signal) {
  const notice = h("p", { class: "complaint", role: "alert", hidden: true }, t("player_mute"));
  player.addEventListener("tick", () => (notice.hidden = !player.mute), { signal });
  return notice;
}

function iconButton(name, label, onclick) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick }, icon(name));
}

/** Notes in `listening` when the page loses the participant's attention: a window left, a tab or telephone put away. */
export function watchFocus(listening, signal) {
  let away = false;
  const look = (isAway) => {
    if (isAway && !away) listening.focus_losses += 1; // leaving a tab fires both events
    away = isAway;
  };
  window.addEventListener("blur", () => look(true), { signal });
  window.addEventListener("focus", () => look(document.hidden), { signal });
  document.addEventListener("visibilitychange", () => look(document.hidden), { signal });
}
