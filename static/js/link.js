// The shared link's states: pure. `next(link, event)` answers the new state, or the same object where the event means nothing.
//
//    off --ask--> asking --given--> on --stop--> off         on --lost--> ended (the link is dead) --ask--> asking
//                   |                                        the recording's end: off from everywhere
//                   +--refused--> failed --ask--> asking

/** The state before anything is shared. */
export const initial = Object.freeze({ name: "off", url: "", watchers: 0 });

const rules = {
  ask: (link) => (["off", "ended", "failed"].includes(link.name) ? { ...initial, name: "asking" } : null),
  given: (link, { url }) => (link.name === "asking" ? { name: "on", url, watchers: 0 } : null),
  refused: (link) => (link.name === "asking" ? { ...initial, name: "failed" } : null),
  watchers: (link, { count }) => (link.name === "on" ? { ...link, watchers: count } : null),
  lost: (link) => ({ on: { ...initial, name: "ended" }, asking: { ...initial, name: "failed" } })[link.name] ?? null,
  stop: () => initial,
};

/** The state after an event. */
export function next(link, event) {
  const following = rules[event.type]?.(link, event);
  return following ? Object.freeze(following) : link;
}
